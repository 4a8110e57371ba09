import { CallProblem, createClient, type Client } from '@onsale/contracts';
import * as contract from '@onsale/contracts/reservation';
import { createPrincipalSigner, PRINCIPAL_HEADER, publicKeys, type Principal } from '@onsale/shared/auth';
import { bytesToId, idToBytes, newId } from '@onsale/shared/ids';
import { createKafkaBroker } from '@onsale/shared/kafka';
import { createMetrics } from '@onsale/shared/metrics';
import { captureLog, insisted, newKey, testDatabase, testKafka, testRedis } from '@onsale/shared/testing';
import { compose, type Overrides } from '../compose.ts';
import type { Settings } from '../config.ts';

export { statusOf, tally } from '@onsale/shared/testing';

export interface StartOptions {
  readonly settings?: Partial<Settings>;
  readonly overrides?: Overrides;
  /** Processes of the service on the same engines. */
  readonly replicas?: number;
}

export type Member = ReturnType<Reservation['member']>;

/** The problem that a call is expected to be answered with. @throws Error when it was not refused */
export const problemOf = async (call: Promise<unknown>): Promise<CallProblem> => {
  try {
    await call;
  } catch (error) {
    if (error instanceof CallProblem) return error;
    throw error;
  }
  throw new Error('was not refused');
};

/** The service on engines of its own, with a client for each kind of caller and a look into its stores. */
export const startReservation = async ({ settings = {}, overrides = {}, replicas = 1 }: StartOptions = {}) => {
  const [database, engine] = await Promise.all([testDatabase({ migrations: new URL('../../migrations/', import.meta.url) }), testRedis()]);
  const { brokers, namespace } = testKafka();
  const captured = captureLog();
  const key = newKey('gateway');
  const services = await Promise.all(
    Array.from({ length: replicas }, () =>
      compose(
        {
          mode: 'development',
          crash: undefined,
          auditDays: 400,
          logLevel: 'trace',
          namespace,
          listen: { host: '127.0.0.1', port: 0, opsPort: 0, drainMs: 1000 },
          principalKeys: publicKeys({ keys: [key] }),
          // a hundred at once may have to wait longer for a connection than a request would
          mysql: { url: database.url, poolSize: 10, acquireTimeoutMs: 20_000, statementTimeoutMs: 3000, lockWaitSeconds: 3 },
          redisUrl: engine.url,
          kafka: { brokers, partitions: 2, replication: 1, sessionMs: 10_000 },
          holds: { holdMs: 300_000, graceMs: 60_000, seatsPerMember: 8 },
          sweepMs: 3_600_000, // specs sweep when they mean to
          locks: { enabled: true, waitMs: 3000, leaseMs: 10_000 },
          ...settings,
        },
        { log: captured.log, ...overrides },
      ),
    ),
  );
  const urls = await Promise.all(services.map(async (service) => (await service.start()).url));
  const broker = createKafkaBroker({
    brokers,
    namespace,
    clientId: 'spec',
    partitions: 2,
    log: captured.log,
    metrics: createMetrics({ service: 'spec', defaults: false }),
  });
  await broker.start();

  const principals = createPrincipalSigner({ key });
  const fetchAs =
    (principal: Principal): typeof fetch =>
    async (input, init) => {
      const headers = new Headers(init?.headers);
      headers.set(PRINCIPAL_HEADER, await principals.sign(principal));
      return fetch(input, { ...init, headers });
    };
  const clientOf = (principal: Principal, replica = 0): Client =>
    createClient({ baseUrl: urls[replica % replicas]!, fetch: fetchAs(principal) });
  const person = (role: 'member' | 'operator') => ({ id: newId(), role, sessionId: newId() });
  const operatorMember = person('operator');
  const operator = clientOf({ kind: 'member', member: operatorMember });
  const anonymous = clientOf({ kind: 'anonymous' });
  let lastNumber = 1_000_000;
  const { db } = database;

  return {
    db,
    broker,
    log: captured,
    namespace,
    operator,
    operatorId: operatorMember.id,
    anonymous,
    /** A concert, and a date of it on sale now with `seats` seats in one row. */
    schedule: async ({ seats = 10, price = 1000, startsInMs = 86_400_000, opensInMs = -60_000 } = {}) => {
      const concert = await operator.call(contract.createConcert, { body: { title: 'Spring', venue: 'Hall', description: 'A concert.' } });
      return operator.call(contract.createSchedule, {
        idempotencyKey: newId(),
        params: { id: concert.id },
        body: {
          startsAt: new Date(Date.now() + startsInMs).toISOString(),
          salesOpenAt: new Date(Date.now() + opensInMs).toISOString(),
          sections: [{ name: 'Stalls', rows: 1, seatsPerRow: seats, price }],
        },
      });
    },
    /** A member who is admitted to the schedule's queue, or to the one named. */
    member: (schedule: { readonly id: string; readonly queueId: string }, { queueId = schedule.queueId, replica = 0 } = {}) => {
      const member = person('member');
      const number = (lastNumber += 1);
      const principal: Principal = { kind: 'member', member, admission: { queueId, number, lane: 'standard', status: 'ADMITTED' } };
      const client = clientOf(principal, replica);
      const elsewhere = clientOf(principal, replica + 1);
      return {
        id: member.id,
        number,
        client,
        /** A plain GET, for what the client does not show. */
        gets: (path: string, headers: Record<string, string> = {}) => fetchAs(principal)(urls[0]! + path, { headers }),
        /** Asked at the member's own replica, or by a client that has lost its connection and comes to the next one. */
        holds: (seatIds: readonly number[], idempotencyKey = newId(), { reconnected = false } = {}) =>
          insisted(() =>
            (reconnected ? elsewhere : client).answer(contract.holdSeats, {
              body: { scheduleId: schedule.id, seatIds: seatIds.map(String) },
              idempotencyKey,
            }),
          ),
        releases: (id: string) => client.answer(contract.releaseHold, { params: { id } }),
        reads: (id: string) => client.call(contract.readReservation, { params: { id } }),
        seats: () => client.call(contract.readSeats, { params: { id: schedule.id } }),
      };
    },
    /** Every seat of a schedule as the table has it: `1 HELD <reservation>`. */
    seatsOf: async (scheduleId: string): Promise<string[]> =>
      (
        await db('seats')
          .where({ schedule_id: idToBytes(scheduleId) })
          .orderBy('id')
      ).map((row: { id: number; status: string; reservation_id: Buffer | null }) =>
        [row.id, row.status, ...(row.reservation_id === null ? [] : [bytesToId(row.reservation_id)])].join(' '),
      ),
    statusIn: async (reservationId: string): Promise<string> =>
      (
        await db('reservations')
          .where({ id: idToBytes(reservationId) })
          .first('status')
      ).status,
    /** Has the database believe that this much time has gone by for a reservation, in all tables alike. */
    ages: async (reservationId: string, ms: number): Promise<void> => {
      const id = idToBytes(reservationId);
      const earlier = (column: string) => db.raw('?? - INTERVAL ? MICROSECOND', [column, ms * 1000]);
      await db('reservations')
        .where({ id })
        .update({ expires_at: earlier('expires_at'), held_until: earlier('held_until') });
      await db('seats')
        .where({ reservation_id: id, status: 'HELD' })
        .update({ held_until: earlier('held_until') });
    },
    stop: async () => {
      await broker.stop();
      await Promise.all(services.map((service) => service.stop()));
      await engine.stop();
      await database.drop();
    },
  };
};

export type Reservation = Awaited<ReturnType<typeof startReservation>>;
