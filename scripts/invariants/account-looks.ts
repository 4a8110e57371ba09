import { scopesOfMember } from '@onsale/shared/idempotency';
import { bytesToId } from '@onsale/shared/ids';
import type { Look } from '@onsale/shared/invariants';
import type { Stores } from './stores.ts';

interface Options {
  /** Seconds that the event of a deletion may be on its way, from its commit or from the healing of the last fault. */
  readonly withinSeconds: number;
  readonly healedAt?: Date;
}

interface DoneRow {
  readonly id: Buffer;
  readonly member_id: Buffer;
  readonly ended_at: Date;
}

const PAGE = 500;

/** Wallets that are closed for a deletion that was refused, or that there never was. */
const closedForNothing = async ({ payment, commerce }: Stores): Promise<string[]> => {
  const lost: string[] = [];
  for (let after = Buffer.alloc(16); ;) {
    const rows: { member_id: Buffer; closed_by: Buffer }[] = await payment('wallets')
      .whereNotNull('closed_by')
      .where('member_id', '>', after)
      .orderBy('member_id')
      .limit(PAGE)
      .select('member_id', 'closed_by');
    const ids = rows.map(({ closed_by }) => closed_by);
    const good = (await commerce('account_deletions').whereIn('id', ids).whereNot('status', 'REFUSED').pluck('id')) as Buffer[];
    const known = new Set(good.map((id) => id.toString('hex')));
    lost.push(...rows.filter(({ closed_by }) => !known.has(closed_by.toString('hex'))).map(({ member_id }) => bytesToId(member_id)));
    if (rows.length < PAGE) return lost;
    after = rows.at(-1)!.member_id as Buffer<ArrayBuffer>;
  }
};

/** Members who are gone, of whom another service has not heard, as far as it would show. Answers under keys are kept for a day, so those of a day ago are looked at. */
const notErased = async (
  { payment, reservation, commerce }: Stores,
  { withinSeconds, healedAt = new Date(0) }: Options,
): Promise<string[]> => {
  const gone: DoneRow[] = await commerce('account_deletions')
    .where({ status: 'DONE' })
    .where('ended_at', '>', commerce.raw('NOW(3) - INTERVAL 1 DAY'))
    .whereRaw('GREATEST(ended_at, CAST(? AS DATETIME(3))) < NOW(3) - INTERVAL ? SECOND', [healedAt, withinSeconds])
    .select('id', 'member_id', 'ended_at');
  const lost: string[] = [];
  for (const { id, member_id: member, ended_at: at } of gone) {
    const closed: unknown = await payment('wallets').where({ member_id: member, closed_by: id, balance: 0 }).first('member_id');
    const keys = await Promise.all(
      [payment, reservation, commerce].map((db) =>
        db('idempotency_keys')
          .whereBetween('scope', scopesOfMember(bytesToId(member)))
          .where('created_at', '<', at)
          .first('scope'),
      ),
    );
    if (closed === undefined || keys.some((kept) => kept !== undefined)) lost.push(bytesToId(id));
  }
  return lost;
};

/** Whether the services agree about who is gone (I8): what a lost event of a deletion, or a lost undo of its first step, is noticed by. */
export const accountLooks = (stores: Stores, options: Options): Look[] => [
  {
    invariant: 'I8',
    says: 'every wallet that is closed is closed for a deletion that is under way or done',
    find: () => closedForNothing(stores),
  },
  {
    invariant: 'I8',
    says: `of an account that is no more, all services have forgotten the answers, and its wallet is closed and empty, after ${options.withinSeconds} s`,
    find: () => notErased(stores, options),
  },
];
