import { setTimeout as rest } from 'node:timers/promises';
import { compensateCommerceSaga } from '@onsale/contracts/commerce';
import { compensatePaymentSaga } from '@onsale/contracts/payment';
import { bytesToId, idToBytes } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import type { CrashScene } from './crash-suite.ts';
import type { TestFleet } from './test-fleet.ts';

/** In the midst of the load, as deaths are that need no operator. */
const PAID_BEFORE = 15;
const PATIENCE = { withinMs: 120_000, everyMs: 50 };

/** What is on its way arrives: a reply, or a member who holds seats and comes to pay. */
const ON_ITS_WAY_MS = 500;
/** So soon a saga whose lock was answered comes to its pivot, if it is one that does. */
const SOON = { withinMs: 5_000, everyMs: 50 };

const atLeast = (count: number, of: { readonly length: number }): void => {
  if (of.length < count) throw new Error(`${of.length} instead of ${count}`);
};

/** Who has the sagas, how an operator takes one back, and whose answers they wait for. */
interface Kind {
  readonly orchestrator: 'payment' | 'commerce';
  readonly compensate: typeof compensatePaymentSaga | typeof compensateCommerceSaga;
  readonly asked: 'reservation' | 'payment';
}
const PURCHASE: Kind = { orchestrator: 'payment', compensate: compensatePaymentSaga, asked: 'reservation' };
const ORDER: Kind = { orchestrator: 'commerce', compensate: compensateCommerceSaga, asked: 'payment' };

/** Sagas that wait for the answer to this step, or to its undo. */
const waitingAt = async (
  { stores }: TestFleet,
  step: string,
  { status = 'RUNNING', kind = PURCHASE }: { status?: 'RUNNING' | 'COMPENSATING'; kind?: Kind } = {},
): Promise<string[]> => {
  const rows = await stores.databases[kind.orchestrator]('sagas').where({ status, step }).select<{ id: Buffer }[]>('id');
  return rows.map(({ id }) => bytesToId(id));
};

/** Some may have gone on by now, and the service may die of the first: who was taken back, the saga tells. */
const compensate = async ({ client, accessToken }: TestFleet, ids: readonly string[], kind = PURCHASE): Promise<void> => {
  const operator = await accessToken({ role: 'operator' });
  const ask = (id: string) => client.call(kind.compensate, { accessToken: operator, params: { id }, body: { reason: 'a test' } });
  await Promise.allSettled(ids.map(ask));
};

const untilAll = ({ stores }: TestFleet, sagas: readonly string[], status: string, kind = PURCHASE): Promise<void> =>
  eventually(async () => {
    const ended = await stores.databases[kind.orchestrator]('sagas').whereIn('id', sagas.map(idToBytes)).where({ status }).select('id');
    atLeast(sagas.length, ended);
  }, PATIENCE);

const untilPaid = ({ load }: CrashScene, count: number): Promise<void> =>
  eventually(() => {
    if (load.paid() < count) throw new Error(`${load.paid()} have paid`);
  }, PATIENCE);

const askedOf = ({ fleet }: CrashScene, { asked }: Kind = PURCHASE) => fleet.processesOf(asked)[0]!;

/** Stops the service that is asked at a moment at which sagas wait for its answer to this step, which is not on its way to them, and names them. */
const stopWhileAwaited = (scene: CrashScene, step: string, kind = PURCHASE): Promise<string[]> =>
  eventually(async () => {
    const paid = scene.load.paid();
    askedOf(scene, kind).kill('SIGSTOP');
    try {
      await rest(ON_ITS_WAY_MS);
      const waiting = await waitingAt(scene.fleet, step, { kind });
      atLeast(1, waiting);
      return waiting;
    } catch (error) {
      askedOf(scene, kind).kill('SIGCONT');
      await untilPaid(scene, paid + 1); // one that is stopped again and again would come to nothing
      throw error;
    }
  }, PATIENCE);

/** An operator takes sagas back that wait for their pivot, which its owner has before it: the question comes behind it, and they go on. */
export const askedAfterThePivot = async (scene: CrashScene): Promise<() => Promise<void>> => {
  await untilPaid(scene, PAID_BEFORE);
  const asked = await eventually(async () => {
    const waiting = await stopWhileAwaited(scene, 'confirm');
    try {
      await compensate(scene.fleet, waiting);
      const asked = await waitingAt(scene.fleet, 'confirm', { status: 'COMPENSATING' });
      atLeast(1, asked);
      return asked;
    } finally {
      askedOf(scene).kill('SIGCONT');
    }
  }, PATIENCE);
  return () => untilAll(scene.fleet, asked, 'COMPLETED');
};

/** An operator takes orders back that wait for their debit, which payment has before it: the undo comes behind it, and gives the points back. */
export const ordersTakenBack = async (scene: CrashScene): Promise<() => Promise<void>> => {
  await untilPaid(scene, PAID_BEFORE);
  const takenBack = await eventually(async () => {
    const waiting = await stopWhileAwaited(scene, 'debit', ORDER);
    try {
      await compensate(scene.fleet, waiting, ORDER);
      const goingBack = await waitingAt(scene.fleet, 'debit', { status: 'COMPENSATING', kind: ORDER }); // some had gone on
      atLeast(1, goingBack);
      return goingBack;
    } finally {
      askedOf(scene, ORDER).kill('SIGCONT');
    }
  }, PATIENCE);
  return () => untilAll(scene.fleet, takenBack, 'COMPENSATED', ORDER);
};

/** By the gauge that a relay sets with each look at its leases. */
const ownsNoShard = async (fleet: TestFleet): Promise<readonly string[]> => {
  const answer = await fetch(`${fleet.opsUrlsOf('payment')[0]}/metrics`);
  return (await answer.text()).split('\n').filter((line) => /^onsale_outbox_shards(\{.*\})? 0$/.test(line));
};

interface OutboxRow {
  readonly id: number;
  readonly payload: string;
}

/** All commands of a step that wait in the outbox, taken out of it. */
const takeOut = async ({ stores }: TestFleet, command: string): Promise<OutboxRow[]> => {
  const outbox = () => stores.databases.payment<OutboxRow>('outbox');
  const rows = await outbox().where('payload', 'like', `%:${command}"%`).select();
  atLeast(1, rows);
  const ids = rows.map(({ id }) => id);
  await outbox().whereIn('id', ids).delete();
  return rows;
};

const sagaOf = ({ payload }: OutboxRow): string => (JSON.parse(payload) as { id: string }).id.split(':')[0]!;

/** Nobody's relay sends anything until then. */
const keepShards = async ({ stores: { databases } }: TestFleet, until: string): Promise<void> => {
  const leases = databases.payment('leases').where('name', 'like', 'outbox-shard:%');
  await leases.update({ owner: 'a spec', until: databases.payment.raw(until) });
};

/** Takes commands of a step out of the outbox, of which nothing is sent from then on until the shards are given back. */
const takeOutOf = async (scene: CrashScene, step: 'lock' | 'confirm'): Promise<OutboxRow[]> => {
  const paid = scene.load.paid();
  if (step === 'confirm') await stopWhileAwaited(scene, 'lock'); // these come to their pivot when nothing is sent any more
  try {
    await keepShards(scene.fleet, 'NOW(3) + INTERVAL 1 HOUR');
    await eventually(async () => atLeast(1, await ownsNoShard(scene.fleet)), PATIENCE);
    askedOf(scene).kill('SIGCONT');
    return await eventually(() => takeOut(scene.fleet, `${step}:do`), SOON);
  } catch (error) {
    await keepShards(scene.fleet, 'NOW(3)');
    await untilPaid(scene, paid + 1);
    throw error;
  } finally {
    askedOf(scene).kill('SIGCONT');
  }
};

/**
 * An operator takes sagas back whose command has been overtaken by the undo (or the question): as when a relay was taken for dead and sends its last batch
 * late. Its owner leaves a tombstone, from which the late command is refused. Answers with what brings that command.
 */
export const overtaken =
  (step: 'lock' | 'confirm') =>
  async (scene: CrashScene): Promise<() => Promise<void>> => {
    const { payment } = scene.fleet.stores.databases;
    await untilPaid(scene, PAID_BEFORE);
    const late = await eventually(() => takeOutOf(scene, step), PATIENCE);
    try {
      await compensate(scene.fleet, late.map(sagaOf));
      return async () => {
        await untilAll(scene.fleet, late.map(sagaOf), 'COMPENSATED');
        await payment('outbox').insert(late.map(({ id: _anew, ...row }) => row));
      };
    } finally {
      await keepShards(scene.fleet, 'NOW(3)');
    }
  };
