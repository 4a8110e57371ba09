import type { QueuePlace } from '@onsale/contracts/queue';
import { insertAudit } from '@onsale/shared/audit';
import type { Member } from '@onsale/shared/auth';
import { inTransaction, type Database, type Trx } from '@onsale/shared/db';
import { within } from '@onsale/shared/deadline';
import { notFound } from '@onsale/shared/errors';
import type { Log } from '@onsale/shared/log';
import type { Metrics } from '@onsale/shared/metrics';
import { decisionOf } from '../journal/decision.ts';
import { endPlace } from '../journal/end-place.ts';
import { endsCounter } from '../journal/ends-counter.ts';
import { findRecord, type JournalRecord } from '../journal/journal-records.ts';
import { databaseNow, endAdmission } from '../journal/journal-store.ts';
import type { Line } from '../line/line.ts';
import { findAdmission, type AdmissionState } from '../queues/admission-store.ts';
import { STANDARD_LANE, type Place } from './place.ts';
import { scoreOf } from './score.ts';

interface Deps {
  readonly db: Database;
  readonly line: Line;
  readonly wake: (queueId: string) => void;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** A number as operators and shops name it: without its member. */
interface Named {
  readonly member: Member;
  readonly queueId: string;
  readonly number: number;
}

/** Longest look for whoever has a number: of a draw the whole line has to be looked through. */
const FIND_MS = 2000;
/** A number may have been given out by a clock that goes before the database's. */
const CLOCK_MICROS = 60_000_000;

const viewOf = ({ queueId, number, lane, ending, admittedAt, admittedUntilMs, endedAt }: JournalRecord): QueuePlace => ({
  queueId,
  number,
  lane,
  status: ending ?? 'ADMITTED',
  ...(admittedAt !== undefined && { admittedAt: admittedAt.toISOString() }),
  ...(admittedUntilMs !== undefined && { admittedUntil: new Date(admittedUntilMs).toISOString() }),
  ...(endedAt !== undefined && { endedAt: endedAt.toISOString() }),
});

/** The place of a number as its row has it, when the line knows nothing of it. */
const unseen = (queue: AdmissionState, number: number): Place => ({
  number,
  member: '',
  lane: STANDARD_LANE,
  score: scoreOf(queue, { number, member: '' }),
});

/**
 * Ends places that an operator, or a shop's own server, names by their numbers. The end is in the journal and in the audit before it is answered; the
 * first end stays, and is what is answered. After the commit Redis is told at once, or else by the next tick, which also gives the slot on.
 */
export const endByNumber = ({ db, line, wake, log, metrics }: Deps) => {
  const ends = endsCounter(metrics);

  const end = async (
    { member, queueId, number }: Named,
    action: 'queue.revoke' | 'queue.complete',
    write: (trx: Trx, queue: AdmissionState) => Promise<boolean>,
  ): Promise<QueuePlace> => {
    const { ended, record } = await inTransaction(db, async (trx) => {
      const queue = await findAdmission(trx, queueId);
      if (queue === undefined) throw notFound('queue');
      const before = await findRecord(trx, queueId, number);
      const ended = await write(trx, queue);
      const record = await findRecord(trx, queueId, number);
      if (record === undefined) throw notFound('admission');
      const told = { number, status: record.ending };
      if (ended)
        await insertAudit(trx, {
          actor: member.id,
          action,
          subject: queueId,
          ...(before !== undefined && { before: { number, status: 'ADMITTED' } }),
          after: told,
        });
      return { ended, record };
    });
    if (ended) {
      ends.inc({ ending: record.ending! });
      await line
        .apply(queueId, [decisionOf(record)])
        .catch((error: unknown) => log.debug({ err: error, queueId }, 'the next tick tells Redis whose place was ended'));
      wake(queueId);
    }
    return viewOf(record);
  };

  /** Who stands there; Redis may be away, or may never have seen the number. */
  const placeOf = async (queue: AdmissionState, number: number): Promise<Place> => {
    const place = unseen(queue, number);
    try {
      return (await within(FIND_MS, line.find(queue, number))) ?? place;
    } catch (error) {
      log.debug({ err: error, queueId: queue.id }, 'nobody can tell who stands there');
      return place;
    }
  };

  return {
    /**
     * REVOKED, whether the number is waiting, passed over, admitted or was never seen: its token is worth nothing from now on, whatever becomes of Redis.
     * @throws Refusal NOT_FOUND for an unknown queue, and for a number that was not given out yet
     */
    revoke: async (named: Named): Promise<QueuePlace> => {
      const queue = await findAdmission(db, named.queueId);
      if (queue === undefined) throw notFound('queue');
      const highest = Math.max(queue.lastNumber, ((await databaseNow(db)) - queue.epoch) * 1000) + CLOCK_MICROS;
      if (named.number > highest) throw notFound('number yet');
      const place = await placeOf(queue, named.number); // before the transaction, which must not wait for Redis
      return end(named, 'queue.revoke', (trx) => endPlace(trx, { queueId: queue.id, ...place, ending: 'REVOKED' }));
    },
    /**
     * COMPLETED: what a shop without Kafka tells when a purchase is through. An admission that has ended otherwise stays as it ended, and says so.
     * @throws Refusal NOT_FOUND for an unknown queue, and for a number that was never admitted and has not ended
     */
    complete: (named: Named): Promise<QueuePlace> =>
      end(named, 'queue.complete', (trx) => endAdmission(trx, { queueId: named.queueId, number: named.number, ending: 'COMPLETED' })),
  };
};
