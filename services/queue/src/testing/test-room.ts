import type { TokenCheckResult } from '@onsale/contracts/queue';
import { createQueueTokenCodec, memberHash, type QueueTokenPayload } from '@onsale/shared/auth';
import { createDatabase, inTransaction, type Database } from '@onsale/shared/db';
import { newId, systemClock } from '@onsale/shared/ids';
import { createMetrics } from '@onsale/shared/metrics';
import { createRedis, type Redis } from '@onsale/shared/redis';
import { captureLog, testDatabase, testRedis } from '@onsale/shared/testing';
import type { Wish } from '../grants/grant-lane.ts';
import type { QueueSettings } from '../queues/queue.ts';
import type { SaleAction } from '../queues/sale-state.ts';
import { createRoom, type Room } from '../room.ts';
import { SETTINGS } from './build-queue.ts';

const codec = createQueueTokenCodec({ secrets: [{ kid: 'test', secret: 's'.repeat(32) }] });
const operator = { id: newId(), role: 'operator', sessionId: newId() } as const;

/** Short, so that a lost line rests for seconds and not for a minute. */
const DEFAULTS: QueueSettings = { ...SETTINGS, maxPollSeconds: 1 };

export interface JournalRow {
  readonly number: number;
  readonly member: string;
  readonly lane: string;
  readonly score: number;
  readonly turn: number | null;
  readonly late: number;
  readonly admitted_at: Date | null;
  readonly until: Date | null;
  readonly ended_at: Date | null;
  readonly ending: string | null;
  readonly told: number;
}

/** A member of the test, and what it can do at one replica. */
const createMember = (room: Room, queueId: string, id = newId(), held?: QueueTokenPayload) => {
  let token = held && codec.sign(held);
  const payload = (): QueueTokenPayload => codec.verify(token!)!;
  const named = () => ({ queueId, member: { id }, admission: { queueId, number: payload().number, lane: payload().lane } });
  return {
    id,
    hash: memberHash(id),
    /** Takes a number, and keeps its token. */
    enters: async ({ lanes, ...wish }: Omit<Wish, 'member'> & { lanes?: string[] } = {}) => {
      const issued = await room.issueToken({ queueId, member: { id, ...(lanes && { lanes }) }, ...wish });
      token = issued.token.token;
      return issued;
    },
    payload,
    number: () => payload().number,
    /** As the gateway asks. */
    checked: async (): Promise<TokenCheckResult> => (await room.checkTokens([payload()]))[0]!,
    beats: () => room.beat(named()),
    leaves: () => room.leaveQueue(named()),
  };
};
export type TestMember = ReturnType<typeof createMember>;

interface Replica {
  readonly ticking?: boolean;
  readonly tickMs?: number;
  /** Its connection to Redis is cut. */
  readonly withoutRedis?: boolean;
  /** Queues that lie on a node of a cluster which is away. */
  readonly withoutQueues?: ReadonlySet<string>;
  readonly db?: Database;
}

/** A Redis that refuses what is asked of these queues, as a cluster does while their node is away. */
const withoutNode = (redis: Redis, queues: ReadonlySet<string>): Redis =>
  new Proxy(redis, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        const isAway = [...queues].some((id) => args.some((arg) => typeof arg === 'string' && arg.includes(`{${id}}`)));
        return isAway ? Promise.reject(new Error('Connection is closed.')) : Reflect.apply(value, target, args);
      };
    },
  });

/** Rooms on engines of their own: any number of replicas, and what their stores hold. */
export const testRooms = async () => {
  const database = await testDatabase({ migrations: new URL('../../migrations/', import.meta.url) });
  const engine = await testRedis();
  const { log, text } = captureLog();
  const pools: Database[] = [];
  const connections: Redis[] = [];
  const replicas: Room[] = [];
  /** What replicas have published. */
  const notices: { readonly channel: string; readonly message: string }[] = [];

  /** A replica with its own connections. Without `ticking` the test takes the steps of a tick itself. */
  const replica = async ({
    ticking = true,
    tickMs = 50,
    withoutRedis = false,
    withoutQueues = new Set(),
    db = createDatabase({ url: database.url, log }),
  }: Replica = {}): Promise<Room> => {
    const connection = createRedis({ url: engine.url, name: 'replica', log, commandMs: 20_000 });
    pools.push(db);
    connections.push(connection);
    if (withoutRedis) connection.disconnect();
    const room = createRoom({
      db,
      redis: withoutNode(connection, withoutQueues),
      notices: { publish: async (channel, message) => void notices.push({ channel, message }), on: () => () => {} },
      codec,
      settings: { namespace: 'test', queueDefaults: DEFAULTS, capacityPerSeat: 1.1, tickMs },
      clock: systemClock,
      random: Math.random,
      log,
      metrics: createMetrics({ service: 'queue', defaults: false }),
    });
    replicas.push(room);
    if (ticking) await room.ticker.part.start();
    return room;
  };

  return {
    db: database.db,
    redis: engine.redis,
    logged: () => text(),
    databaseUrl: database.url,
    notices,
    /** A key of the queue's line. */
    key: (queueId: string, suffix: string): string => `test:queue:{${queueId}}:${suffix}`,
    replica,
    /** Opens a queue of a new name. */
    queue: async (room: Room, settings: Partial<QueueSettings> & { readonly opensAt?: string } = {}): Promise<string> => {
      const id = `q-${newId()}`;
      const { cap = null, lanes, ...rest } = { ...DEFAULTS, ...settings };
      await room.createQueue({ member: operator, body: { id, cap, lanes: [...lanes], ...rest } });
      return id;
    },
    /** Codes for a lane. */
    invites: async (room: Room, queueId: string, lane: string, count = 1) =>
      (await room.createInvitations({ member: operator, queueId, lane, count })).codes,
    /** Its opening comes, as if it had been for right after the last of these: they are in the draw. */
    comesToOpening: async (queueId: string, members: readonly TestMember[]): Promise<void> => {
      const last = Math.max(...members.map((member) => member.number()));
      const { epoch } = await database.db('queues').where({ id: queueId }).first<{ epoch: number }>('epoch');
      await database
        .db('queues')
        .where({ id: queueId })
        .update({ opens_at: new Date(epoch + Math.ceil(last / 1000) + 1) });
    },
    change: (room: Room, queueId: string, patch: Parameters<Room['changeQueue']>[0]['patch']) =>
      room.changeQueue({ member: operator, queueId, patch }),
    /** As if the admitted of a queue, and whoever watches for their owners, had been there for so much longer. */
    ageWatch: async (queueId: string, seconds: number): Promise<void> => {
      const key = (suffix: string): string => `test:queue:{${queueId}}:${suffix}`;
      for (const place of await engine.redis.zrange(key('unseen'), 0, '-1'))
        await engine.redis.zincrby(key('unseen'), -seconds * 1000, place);
      await engine.redis.hincrby(key('watch'), 'since', -seconds * 1000);
      const earlier = (column: string) => database.db.raw('?? - INTERVAL ? SECOND', [column, seconds]);
      await database
        .db('journal')
        .where({ queue_id: queueId })
        .update({ admitted_at: earlier('admitted_at'), ended_at: earlier('ended_at') });
    },
    steer: (room: Room, queueId: string, action: SaleAction, message?: string | null) =>
      room.steerSale({ member: operator, queueId, action, message }),
    endEpoch: (room: Room, queueId: string, endsEpoch: number, message?: string | null) =>
      room.endEpoch({ member: operator, queueId, endsEpoch, message }),
    revoke: (room: Room, queueId: string, number: number) => room.endByNumber.revoke({ member: operator, queueId, number }),
    complete: (room: Room, queueId: string, number: number) => room.endByNumber.complete({ member: operator, queueId, number }),
    audit: (queueId: string) => database.db('audit').where({ subject: queueId }).orderBy('id'),
    member: createMember,
    members: (room: Room, queueId: string, count: number): TestMember[] => Array.from({ length: count }, () => createMember(room, queueId)),
    /** As the purchase saga's last step does it. */
    spend: (room: Room, queueId: string, number: number) => inTransaction(database.db, (trx) => room.spendToken(trx, { queueId, number })),
    journal: (queueId: string): Promise<JournalRow[]> =>
      database.db('journal').select<JournalRow[]>().where({ queue_id: queueId }).orderBy('number'),
    /** Empties this test's Redis database: what FLUSHALL does to a fleet's. */
    wipe: () => engine.redis.flushdb(),
    stop: async () => {
      for (const room of replicas) await room.ticker.part.stop();
      for (const connection of connections) connection.disconnect();
      for (const db of pools) await db.destroy();
      await engine.stop();
      await database.drop();
    },
  };
};
export type TestRooms = Awaited<ReturnType<typeof testRooms>>;
