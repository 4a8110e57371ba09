import type { QueueSettings as QueueSettingsView } from '@onsale/contracts/queue';
import { insertAudit } from '@onsale/shared/audit';
import type { Member } from '@onsale/shared/auth';
import { inTransaction, type Database, type Trx } from '@onsale/shared/db';
import { within } from '@onsale/shared/deadline';
import { notFound, Refusal } from '@onsale/shared/errors';
import type { Log } from '@onsale/shared/log';
import type { Metrics } from '@onsale/shared/metrics';
import { endsCounter } from '../journal/ends-counter.ts';
import { databaseNow, highestNumber, revokeLive } from '../journal/journal-store.ts';
import type { Counters } from '../line/line-views.ts';
import { LEAD_MICROS, type Line } from '../line/line.ts';
import { awaitAdmission, beginEpoch, type AdmissionState } from './admission-store.ts';
import { findQueue } from './queue-store.ts';
import { settingsViewOf } from './queue-view.ts';
import type { QueueDefinition } from './queue.ts';
import type { ReadCounters } from './read-counters.ts';

interface Deps {
  readonly db: Database;
  readonly line: Pick<Line, 'peek'>;
  readonly readCounters: ReadCounters;
  /** Tells every replica that the queue's definition changed. */
  readonly announce: (queueId: string) => void;
  /** Has the queue looked at at once, which begins the line of the new epoch. */
  readonly wake: (queueId: string) => void;
  readonly log: Log;
  readonly metrics: Metrics;
}

interface EndOfEpoch {
  readonly member: Member;
  readonly queueId: string;
  /** The one that is to end, from 1. */
  readonly endsEpoch: number;
  /** `null` takes the message away, `undefined` leaves it. */
  readonly message: string | null | undefined;
}

/** Longest look at the last number that Redis gave out; without it the clock and what was written down decide. */
const PEEK_MS = 500;
/** The line of an epoch that has just begun. */
const NOBODY: Counters = { waiting: 0, admitted: 0, lanes: [] };
/** Admissions of one statement. */
const BATCH = 1000;

/**
 * An operator ends an epoch of a queue: all its places and tokens are void, those inside are REVOKED, and the next begins with an empty line.
 * Its numbers rise from `firstNumber`, above all that were given out, so the number alone says of which epoch a token is. Under the lock by which members are
 * admitted, audited in the same transaction; once that is committed nobody of the ended epoch is admitted, whatever Redis has: the line is in
 * a generation which Redis does not know, so the next look of any replica empties it and begins its new life (`restoreLine`), as after a loss. An epoch that has ended
 * already is the same answer, and changes nothing.
 * @throws Refusal NOT_FOUND; EPOCH_NOT_BEGUN
 */
export const endEpoch = ({ db, line, readCounters, announce, wake, log, metrics }: Deps) => {
  const ends = endsCounter(metrics);

  /** The last number that Redis gave out; 0 when it cannot tell. */
  const lastGiven = async (queue: QueueDefinition): Promise<number> => {
    try {
      return (await within(PEEK_MS, line.peek(queue)))?.lastNumber ?? 0;
    } catch (error) {
      log.debug({ err: error, queueId: queue.id }, 'an epoch ends without Redis');
      return 0;
    }
  };

  const revokeAll = async (trx: Trx, queueId: string): Promise<number> => {
    let revoked = 0;
    for (;;) {
      const ended = await revokeLive(trx, queueId, BATCH);
      revoked += ended;
      if (ended < BATCH) return revoked;
    }
  };

  const end = async (trx: Trx, queue: AdmissionState, { member, message: given }: EndOfEpoch, last: number): Promise<number> => {
    const { id, generation } = queue;
    const byClock = ((await databaseNow(trx)) - queue.epoch) * 1000;
    const firstNumber = Math.max(queue.lastNumber, last, byClock, await highestNumber(trx, id)) + LEAD_MICROS;
    const revoked = await revokeAll(trx, id);
    const message = given === undefined ? queue.message : (given ?? undefined);
    // a queue that never had a number is as before; with any other, Redis is found to be without this generation
    await beginEpoch(trx, { id, firstNumber, message, generation: generation === 0 ? 0 : generation + 1 });
    const epoch = queue.epochsEnded + 1;
    await insertAudit(trx, {
      actor: member.id,
      action: 'queue.end-epoch',
      subject: id,
      before: { epoch, message: queue.message },
      after: { epoch: epoch + 1, message, firstNumber, revoked },
    });
    return revoked;
  };

  return async (asked: EndOfEpoch): Promise<QueueSettingsView> => {
    const { queueId, endsEpoch } = asked;
    const known = await findQueue(db, queueId);
    if (known === undefined) throw notFound('queue');
    const last = await lastGiven(known); // before the transaction, which must not wait for Redis
    const { revoked, changed } = await inTransaction(db, async (trx) => {
      const queue = await awaitAdmission(trx, queueId);
      if (queue === undefined) throw notFound('queue');
      const present = queue.epochsEnded + 1;
      if (endsEpoch > present) throw new Refusal('EPOCH_NOT_BEGUN', `The queue is in its epoch ${present}.`);
      const revoked = endsEpoch === present ? await end(trx, queue, asked, last) : undefined;
      return { revoked, changed: (await findQueue(trx, queueId))! };
    });
    announce(queueId);
    wake(queueId);
    if (revoked === undefined) return settingsViewOf(changed, (await readCounters([queueId]))[0]!);
    ends.inc({ ending: 'REVOKED' }, revoked);
    return settingsViewOf(changed, NOBODY); // whether Redis knows or not
  };
};
