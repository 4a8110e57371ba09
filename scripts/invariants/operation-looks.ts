import { memberHash } from '@onsale/shared/auth';
import { bytesToId, idToBytes } from '@onsale/shared/ids';
import type { Look } from '@onsale/shared/invariants';
import type { Operation } from '../load/operations-journal.ts';
import { keyedEffects, type Kept } from './keyed-effects.ts';
import type { Stores } from './stores.ts';

/** Keys are kept for 24 h: of older ones nothing can be said. */
const KEYS_KEPT_MS = 23 * 3_600_000;
/** An attempt whose client has given up may still be in its transaction for so long; what it does then, no read could have told. */
const UNDER_WAY_MS = 5_000;

const nameOf = ({ kind, memberId, idempotencyKey, subject }: Operation): string => {
  const what =
    idempotencyKey ??
    subject.reservationId ??
    subject.couponId ??
    (subject.number === undefined ? '' : `${subject.queueId} ${subject.number}`);
  return `${kind} ${what} of member ${memberId}`;
};

const succeeded = ({ outcome }: Operation): boolean => outcome !== 'unknown' && outcome.status >= 200 && outcome.status < 300;
const refused = ({ outcome }: Operation): boolean => outcome !== 'unknown' && outcome.status >= 400 && outcome.status < 500;
const isDone = (operation: Operation): boolean => succeeded(operation) || (operation.outcome === 'unknown' && operation.settled === 'done');
const isYoung = ({ endedAt }: Operation): boolean => Date.now() - Date.parse(endedAt) < KEYS_KEPT_MS;
const madeOf = ({ subject, kind }: Operation): string | undefined =>
  kind === 'pay' ? subject.paymentId : kind === 'order' ? subject.orderId : subject.reservationId;
const happenedBy = ({ endedAt }: Operation, kept: Kept | undefined): boolean =>
  kept !== undefined && kept.at.getTime() + UNDER_WAY_MS < Date.parse(endedAt);

/** What a saga ends. */
type Begun = 'pay' | 'order';
const isBegun = (kind: Operation['kind']): kind is Begun => kind === 'pay' || kind === 'order';
/** What it is called while the saga is under way, and when it has come to nothing. */
const UNDER_WAY = new Set(['PROCESSING', 'PENDING']);
const CAME_TO_NOTHING = new Set(['FAILED', 'EXPIRED']);

const tables = { pay: ['payment', 'payments'], order: ['commerce', 'orders'], reservation: ['reservation', 'reservations'] } as const;

const statusesOf = async (stores: Stores, kind: keyof typeof tables, ids: readonly string[]): Promise<ReadonlyMap<string, string>> => {
  const [service, table] = tables[kind];
  const rows: { id: Buffer; status: string }[] = await stores[service](table).whereIn('id', ids.map(idToBytes)).select('id', 'status');
  return new Map(rows.map(({ id, status }) => [bytesToId(id), status]));
};

type Effects = Awaited<ReturnType<typeof keyedEffects>>;

/** By the id of each payment and order that was begun: how it stands. */
const standing = async (stores: Stores, effects: Effects): Promise<ReadonlyMap<string, string>> => {
  const idsOf = (wanted: Begun) =>
    effects.flatMap(({ operation, kept }) => (operation.kind === wanted && kept !== undefined ? [kept.id] : []));
  return new Map([...(await statusesOf(stores, 'pay', idsOf('pay'))), ...(await statusesOf(stores, 'order', idsOf('order')))]);
};

type With = (stores: Stores, operations: readonly Operation[]) => AsyncGenerator<string>;

/** Holds, charges, payments and orders that were answered 2xx, without their effect; what was begun and answered 201 has to be through. */
const unkept: With = async function* (stores, operations) {
  const effects = await keyedEffects(stores, operations.filter(succeeded).filter(isYoung));
  const statuses = await standing(stores, effects);
  for (const { operation, kept } of effects) {
    const { kind, outcome } = operation;
    const made = madeOf(operation);
    const isOther = kept === undefined || (kind !== 'charge' && made !== undefined && made !== kept.id);
    const status = isBegun(kind) && kept !== undefined ? (statuses.get(kept.id) ?? 'FAILED') : '';
    const isThrough = !UNDER_WAY.has(status) && !CAME_TO_NOTHING.has(status);
    if (isOther || (outcome !== 'unknown' && outcome.status === 201 && !isThrough)) yield nameOf(operation);
  }
};

/** Coupons that a member was told to have, and that no row, or another member's, has. */
const foreignCoupons: With = async function* (stores, operations) {
  const issues = operations.filter((one) => one.kind === 'issue' && isDone(one) && one.subject.memberCouponId !== undefined);
  const rows: { id: Buffer; member_id: Buffer }[] = await stores
    .commerce('member_coupons')
    .whereIn(
      'id',
      issues.map(({ subject }) => idToBytes(subject.memberCouponId!)),
    ) // prettier-ignore
    .select('id', 'member_id');
  const owners = new Map(rows.map(({ id, member_id }) => [bytesToId(id), bytesToId(member_id)]));
  for (const one of issues) if (owners.get(one.subject.memberCouponId!) !== one.memberId) yield nameOf(one);
};

const endedPlaces = async (
  stores: Stores,
  operations: readonly Operation[],
): Promise<ReadonlyMap<string, { ended: boolean; member: string }>> => {
  const places = new Map<string, { ended: boolean; member: string }>();
  for (const [queueId, ofQueue] of Map.groupBy(operations, ({ subject }) => subject.queueId ?? '')) {
    const numbers = ofQueue.flatMap(({ subject }) => (subject.number === undefined ? [] : [subject.number]));
    const rows: { number: number; member: string; ended_at: Date | null }[] = await stores
      .queue('journal')
      .where({ queue_id: queueId })
      .whereIn('number', numbers)
      .select('number', 'member', 'ended_at');
    for (const { number, member, ended_at } of rows) places.set(`${queueId} ${number}`, { ended: ended_at !== null, member });
  }
  return places;
};

/** Releases and leaves that were done, by their answers or by a final read, without their effect. */
const unended: With = async function* (stores, operations) {
  const releases = operations.filter((one) => one.kind === 'release' && one.subject.reservationId !== undefined && isDone(one));
  const statuses = await statusesOf(
    stores,
    'reservation',
    releases.map(({ subject }) => subject.reservationId!),
  );
  for (const one of releases) if (statuses.get(one.subject.reservationId!) !== 'RELEASED') yield nameOf(one);
  const leaves = operations.filter((one) => one.kind === 'leave' && one.subject.number !== undefined && isDone(one));
  const places = await endedPlaces(stores, leaves);
  for (const one of leaves) if (places.get(`${one.subject.queueId} ${one.subject.number}`)?.ended !== true) yield nameOf(one);
};

/** Numbers that two members were told, or that the journal has given to another. */
const foreignNumbers: With = async function* (stores, operations) {
  const entries = operations.filter((one) => one.kind === 'enter' && one.subject.number !== undefined && isDone(one));
  const places = await endedPlaces(stores, entries);
  const told = new Map<string, string>();
  for (const one of entries) {
    const place = `${one.subject.queueId} ${one.subject.number}`;
    const owner = places.get(place)?.member ?? memberHash(told.get(place) ?? one.memberId);
    if (owner !== memberHash(one.memberId)) yield nameOf(one);
    told.set(place, told.get(place) ?? one.memberId);
  }
};

async function* differently(operations: readonly Operation[]): AsyncGenerator<string> {
  const keyed = operations.filter(({ idempotencyKey }) => idempotencyKey !== undefined);
  for (const same of Map.groupBy(keyed, ({ kind, memberId, idempotencyKey }) => `${kind} ${memberId} ${idempotencyKey}`).values()) {
    if (new Set(same.flatMap(({ answers }) => answers)).size > 1) yield nameOf(same[0]!);
  }
}

/** Refused by a 4xx, and done all the same: what was begun has to have come to nothing. */
const refusedAndDone: With = async function* (stores, operations) {
  const effects = await keyedEffects(stores, operations.filter(refused).filter(isYoung));
  const statuses = await standing(stores, effects);
  for (const { operation, kept } of effects) {
    const cameToNothing = isBegun(operation.kind) && kept !== undefined && CAME_TO_NOTHING.has(statuses.get(kept.id) ?? '');
    if (happenedBy(operation, kept) && !cameToNothing && !isReused(operation)) yield nameOf(operation);
  }
};

/** The key stands for another request, which may well have been done. */
const isReused = ({ outcome }: Operation): boolean => outcome !== 'unknown' && outcome.code === 'IDEMPOTENCY_KEY_REUSED';

/** Without an answer and never looked for, or found otherwise than the stores have it. */
const unsettled: With = async function* (stores, operations) {
  const unknown = operations.filter(({ outcome }) => outcome === 'unknown');
  for (const one of unknown) if (one.settled === undefined) yield nameOf(one);
  for (const { operation, kept } of await keyedEffects(stores, unknown.filter(isYoung))) {
    if (operation.settled === 'done' && kept === undefined) yield nameOf(operation);
    if (operation.settled === 'not done' && happenedBy(operation, kept)) yield nameOf(operation);
  }
};

/** What clients were told against what the stores have (I6, I12), and what their keys did (I10). */
export const operationLooks = (stores: Stores, operations: readonly Operation[]): Look[] => [
  {
    invariant: 'I6',
    says: 'every hold, charge, payment and order that was answered with success is there, and is the one that was told',
    find: () => unkept(stores, operations),
  },
  { invariant: 'I6', says: 'what was released or left has ended', find: () => unended(stores, operations) },
  { invariant: 'I6', says: 'a number that was told to a member is that member’s', find: () => foreignNumbers(stores, operations) },
  { invariant: 'I6', says: 'a coupon that a member was told to have is that member’s', find: () => foreignCoupons(stores, operations) },
  { invariant: 'I10', says: 'every final answer to one key is the same', find: () => differently(operations) },
  { invariant: 'I10', says: 'what was refused with a key was not done', find: () => refusedAndDone(stores, operations) },
  {
    invariant: 'I12',
    says: 'what had no answer was settled by a final read, and is as that said',
    find: () => unsettled(stores, operations),
  },
];
