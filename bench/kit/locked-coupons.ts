// A process of its own: coupons as they are given out without Redis' decision. Every request takes a distributed lock of its coupon, counts in the database, and writes.
// It stands behind the gateway in the place of a service that the benchmark does not need: DELETE /reservations/{id} asks for a coupon of that id.
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPrincipalVerifier, PRINCIPAL_HEADER } from '@onsale/shared/auth';
import { readJwks } from '@onsale/shared/config';
import { createDatabase, inTransaction, type Trx } from '@onsale/shared/db';
import { Refusal } from '@onsale/shared/errors';
import { idToBytes, newId } from '@onsale/shared/ids';
import { createLocks } from '@onsale/shared/locks';
import { createLog } from '@onsale/shared/log';
import { createRedis } from '@onsale/shared/redis';

export interface LockedCoupons {
  readonly mysqlUrl: string;
  readonly redisUrl: string;
  readonly principalKeys: string;
}

/** The gateway has to know where it listens before there is a schema to write to. */
const shop = (async () => {
  const [{ mysqlUrl, redisUrl, principalKeys }] = (await once(process, 'message')) as [LockedCoupons];
  const log = createLog({ service: 'locked-coupons', level: 'error' });
  const redis = createRedis({ url: redisUrl, name: 'locked-coupons', log });
  return {
    db: createDatabase({ url: mysqlUrl, log }),
    locks: createLocks({ redis, namespace: 'bench', enabled: true, log }),
    principals: createPrincipalVerifier({ keys: readJwks(principalKeys, 'production') }),
  };
})();

const issue = async (trx: Trx, couponId: Buffer, memberId: Buffer): Promise<number> => {
  const coupon = await trx('coupons').where({ id: couponId }).first<{ total: number; issued: number }>('total', 'issued');
  const mine = await trx('member_coupons').where({ coupon_id: couponId, member_id: memberId }).first<object | undefined>('id');
  if (mine !== undefined || coupon.issued >= coupon.total) return 409;
  await trx('coupons')
    .where({ id: couponId })
    .update({ issued: coupon.issued + 1 });
  const row = { id: idToBytes(newId()), coupon_id: couponId, member_id: memberId, status: 'ISSUED', issued_at: new Date() };
  await trx('member_coupons').insert(row);
  return 201;
};

const answer = async ({ headers, url = '' }: IncomingMessage): Promise<number> => {
  const { db, locks, principals } = await shop;
  const principal = await principals.verify(String(headers[PRINCIPAL_HEADER]));
  const couponId = url.split('/').at(-1)!;
  if (principal.kind !== 'member') return 401;
  const memberId = idToBytes(principal.member.id);
  return locks.holding([couponId], () => inTransaction(db, (trx) => issue(trx, idToBytes(couponId), memberId)));
};

const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
  const failed = (error: unknown): number => (error instanceof Refusal ? 503 : 500);
  void answer(request)
    .catch(failed)
    .then((status) => response.writeHead(status, { 'content-length': 0 }).end());
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.once('SIGTERM', () => process.exit(0));
