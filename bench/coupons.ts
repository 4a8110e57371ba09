import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createCoupon } from '@onsale/contracts/commerce';
import { createDatabase, type Database } from '@onsale/shared/db';
import { idToBytes, newId } from '@onsale/shared/ids';
import type { Engines } from '../scripts/engines/engines.ts';
import { closedLoop, requestOf } from './kit/closed-loop.ts';
import type { SignedIn } from './kit/in-line.ts';
import type { LockedCoupons } from './kit/locked-coupons.ts';
import { progress, report, table } from './kit/report.ts';
import { startRoomFleet, type RoomFleet } from './kit/room-fleet.ts';
import { inTurn, median, speedRow, usageRows, watched, type Round } from './kit/rounds.ts';
import { CONNECTIONS, startBareLine } from './kit/yardstick.ts';

const ROUNDS = 4;
/** Who ask, and the coupons that there are for them. */
const KNOWN = { members: 8_000, coupons: 1_000 };
const NEW = { members: 4_000, coupons: 500 };
const LOCKED = { members: 1_000, coupons: 125 };
const YARDSTICK_MS = 2_000;
const HOUR_MS = 3_600_000;

/** The way without Redis' decision, behind the same gateway. */
const startLocked = async () => {
  const server = fork(new URL('./kit/locked-coupons.ts', import.meta.url), { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  const [port] = (await once(server, 'message', { signal: AbortSignal.timeout(15_000) })) as [number];
  return {
    url: `http://127.0.0.1:${port}`,
    process: { name: 'lock and database', pid: server.pid! },
    opens: (shop: LockedCoupons): void => void server.send(shop),
    stop: (): void => void server.kill('SIGTERM'),
  };
};

/** A coupon that is given out now. */
const openCoupon = async (fleet: RoomFleet, total: number): Promise<string> => {
  const in_ = (ms: number): string => new Date(Date.now() + ms).toISOString();
  const times = { issueFrom: in_(-60_000), issueUntil: in_(HOUR_MS), validUntil: in_(HOUR_MS) };
  const { id } = await fleet.client.call(createCoupon, {
    accessToken: await fleet.operatorToken(),
    idempotencyKey: newId(),
    body: { name: 'A tenth off', discount: { type: 'PERCENT', value: 10 }, total, ...times },
  });
  return id;
};

/** How a member asks for a coupon: of the shop, or of the way that locks. */
const ways = {
  ours: (id: string) => ['POST', `/api/v1/coupons/${id}/issues`] as const,
  locked: (id: string) => ['DELETE', `/api/v1/reservations/${id}`] as const,
};

/** Whether the stores tell of exactly as many as there were, one a member. */
const isExact = async (db: Database, couponId: string, total: number): Promise<boolean> => {
  const id = idToBytes(couponId);
  const { issued } = await db('coupons').where({ id }).first<{ issued: number }>('issued');
  const [held] = await db('member_coupons').where({ coupon_id: id }).countDistinct<{ members: number }[]>({ members: 'member_id' });
  return issued === total && held?.members === total;
};

/** How many decisions a second a stampede on one coupon gets through the gateway, beside a lock and the database in the place of Redis' decision. */
export const coupons = async (engines: Engines): Promise<void> => {
  const say = progress('coupons');
  say('starting a gateway and commerce');
  const locked = await startLocked();
  const fleet = await startRoomFleet(engines, { gateway: { ONSALE_RESERVATION_URLS: locked.url } }, { owner: 'commerce' });
  const bare = await startBareLine({ redisUrl: engines.redisUrl });
  const db = createDatabase({ url: fleet.databases.commerce! });
  try {
    locked.opens({ mysqlUrl: fleet.databases.commerce!, redisUrl: fleet.redisUrl, principalKeys: fleet.publicKeys });
    const known = await fleet.members(KNOWN.members);
    const inexact: string[] = [];
    const ask = async (way: keyof typeof ways, members: readonly SignedIn[], total: number): Promise<Round> => {
      const id = await openCoupon(fleet, total);
      const [method, path] = ways[way](id);
      const requests = members.map(({ accessToken }) => requestOf(method, path, { authorization: `Bearer ${accessToken}` }));
      const processes = way === 'ours' ? fleet.processes : [...fleet.processes, locked.process];
      const round = await watched(processes, () =>
        closedLoop({ baseUrl: fleet.gatewayUrl, connections: CONNECTIONS, next: (n) => requests[n] }),
      );
      if (!(await isExact(db, id, total)) || round.loop.statuses[201] !== total) inexact.push(`${way} ${id}`);
      return round;
    };
    say('warming up');
    await ask('ours', known, KNOWN.coupons);
    await ask('locked', known.slice(0, LOCKED.members), LOCKED.coupons);
    const rounds = await inTurn(
      ROUNDS,
      {
        bare: () => watched([bare], () => bare.asked(YARDSTICK_MS)),
        known: () => ask('ours', known, KNOWN.coupons),
        new: async () => ask('ours', await fleet.members(NEW.members), NEW.coupons),
        locked: () => ask('locked', known.slice(0, LOCKED.members), LOCKED.coupons),
      },
      (round) =>
        say(
          `${round.known.loop.perSecond.toFixed(0)} decisions a second, ${round.new.loop.perSecond.toFixed(0)} of new members, ` +
            `${round.locked.loop.perSecond.toFixed(0)} by lock and database, bare ${round.bare.loop.perSecond.toFixed(0)}`,
        ),
    );
    const of = (name: keyof (typeof rounds)[number]): Round[] => rounds.map((round) => round[name]);
    const ratio = (name: 'bare' | 'locked'): string =>
      median(rounds.map((round) => round.known.loop.perSecond / round[name].loop.perSecond)).toFixed(name === 'bare' ? 2 : 1);
    report(
      'coupons',
      [
        `Members ask for one coupon, ${CONNECTIONS} at a time, as in production, of which there are an eighth as many as members. ${ROUNDS} rounds in turn; medians. In each: ${KNOWN.members} members`,
        `whose access tokens the gateway has seen before; ${NEW.members} whom it sees for the first time, and verifies; ${LOCKED.members} behind the same gateway by a distributed lock, a count in`,
        `the database and a write, one member after the other; a bare express server that answers with a Redis ZRANK.`,
        '',
        table([
          ['', 'decisions', 'p50', 'p99'],
          speedRow('decided in Redis, written before it is answered', of('known')),
          speedRow('the same, of new members', of('new')),
          speedRow('lock and database', of('locked')),
          speedRow('bare express + ZRANK', of('bare')),
        ]),
        '',
        `${ratio('locked')} times lock and database; ratio ${ratio('bare')} to the bare server. Aim: 5,000 decisions a second. ` +
          (inexact.length === 0
            ? 'In every round exactly as many were issued as there were, one a member.'
            : `NOT exact: ${inexact.join(', ')}.`),
        '',
        table([['process', 'CPU of one core', 'microseconds a decision'], ...usageRows(of('known')), ...usageRows(of('bare'))]),
      ].join('\n'),
    );
  } finally {
    await db.destroy();
    await bare.stop();
    await fleet.stop();
    locked.stop();
  }
};
