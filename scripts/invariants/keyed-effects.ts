import { pathOf, type RouteSpec } from '@onsale/contracts';
import { placeOrder } from '@onsale/contracts/commerce';
import { chargeWallet, pay } from '@onsale/contracts/payment';
import { holdSeats } from '@onsale/contracts/reservation';
import { scopeBytes } from '@onsale/shared/idempotency';
import type { Operation } from '../load/operations-journal.ts';
import type { Stores } from './stores.ts';

/** What the shop keeps under an operation's key: the id of what it made, and since when. */
export interface Kept {
  readonly id: string;
  readonly at: Date;
}

const routes = {
  hold: { service: 'reservation', route: holdSeats, id: '$.id' },
  charge: { service: 'payment', route: chargeWallet, id: '$.id' },
  pay: { service: 'payment', route: pay, id: '$.paymentId' },
  order: { service: 'commerce', route: placeOrder, id: '$.orderId' },
} as const satisfies Record<string, { service: 'reservation' | 'payment' | 'commerce'; route: RouteSpec; id: string }>;
export type KeyedKind = keyof typeof routes;

const isKeyed = (kind: Operation['kind']): kind is KeyedKind => Object.hasOwn(routes, kind);
const BATCH = 1_000;
const nothing = Buffer.alloc(32);

const scopeOf = ({ kind, memberId, idempotencyKey: key = '' }: Operation & { readonly kind: KeyedKind }): Buffer => {
  const { route } = routes[kind];
  return scopeBytes({ memberId, method: route.method, path: pathOf(route), key, requestHash: nothing });
};

/** The operations with a key, each with what is kept under it: nothing, where it was never done. */
export const keyedEffects = async (
  stores: Stores,
  operations: readonly Operation[],
): Promise<{ operation: Operation; kept: Kept | undefined }[]> => {
  const all: { operation: Operation; kept: Kept | undefined }[] = [];
  const keyed = operations.filter((one): one is Operation & { kind: KeyedKind } => isKeyed(one.kind) && one.idempotencyKey !== undefined);
  for (const [kind, ofKind] of Map.groupBy(keyed, (operation) => operation.kind)) {
    const { service, id } = routes[kind];
    const db = stores[service];
    for (let i = 0; i < ofKind.length; i += BATCH) {
      const batch = ofKind.slice(i, i + BATCH);
      const rows: { scope: Buffer; made: string; created_at: Date }[] = await db('idempotency_keys')
        .whereIn('scope', batch.map(scopeOf))
        .select('scope', 'created_at', { made: db.raw('JSON_UNQUOTE(JSON_EXTRACT(value, ?))', [id]) });
      const kept = new Map(rows.map((row) => [row.scope.toString('hex'), { id: row.made, at: row.created_at }]));
      all.push(...batch.map((operation) => ({ operation, kept: kept.get(scopeOf(operation).toString('hex')) })));
    }
  }
  return all;
};
