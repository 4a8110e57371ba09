import { afterCommit, inTransaction, isEngineAway, type Database, type Trx } from '../db/index.ts';
import { loop, type Part } from '../lifecycle/index.ts';
import type { Log } from '../log/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { shardOf, stuckShards } from '../outbox/index.ts';
import { RETRY_CAP_MS, type Player } from './play-saga.ts';
import { countFlagged, lockOverdue, overdueSagas, postponeSaga, updateSaga, type StoredSaga } from './saga-store.ts';

export interface SweeperOptions {
  readonly db: Database;
  readonly player: Player;
  readonly sweepMs: number;
  readonly flagAfter: number;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Of one look: the rest is looked at again when these are done. */
const ROWS = 100;
/** Above this age of the oldest message of its shard, a command would not leave either: Kafka is away, or the relay. */
const SHARD_STUCK_SECONDS = 2;
/** Above this age it is no outage any more that passes by itself: the message may be one that never leaves, and somebody has to learn of it. */
const EXCUSED_SECONDS = 300;

/** Those of the outbox that nothing leaves, and those of them that nothing has left for too long. */
interface Shards {
  readonly stuck: ReadonlySet<number>;
  readonly unexcused: ReadonlySet<number>;
}

/**
 * Sends the present step of overdue sagas again, for ever; `flagAfter` times in vain, and the saga is flagged too. Replicas pass over each other's.
 * A saga whose command would stand in a shard of the outbox that nothing leaves is put off: a copy would only pile up there. For some minutes that is
 * not counted either, as the time is not the saga's fault.
 */
export const createSweeper = ({ db, player, sweepMs, flagAfter, log, metrics }: SweeperOptions): Part => {
  const resent = metrics.counter({
    name: 'onsale_saga_commands_resent_total',
    help: 'Commands sent again for want of an answer',
    labels: ['saga', 'step'],
  });
  const flagged = metrics.gauge({ name: 'onsale_sagas_flagged', help: 'Sagas that need an operator' });

  /** One more time in vain, for the saga as it is to be stored. */
  const count = async (trx: Trx, before: StoredSaga, after: StoredSaga): Promise<void> => {
    const { id: saga, type, step } = before;
    const attempts = before.attempts + 1;
    const flag = attempts >= flagAfter ? 'NEEDS_OPERATOR' : before.flag;
    await updateSaga(trx, { ...after, attempts, flag }, player.dueInMs(attempts));
    if (flag !== before.flag) afterCommit(trx, () => log.error({ saga, type, step, attempts }, 'a saga needs an operator'));
  };

  const sendAgain = async (trx: Trx, before: StoredSaga): Promise<void> => {
    const played = await player.play(trx, before, { kind: 'overdue' });
    if (played === undefined) return;
    await count(trx, before, played.saga);
    afterCommit(trx, () => resent.inc({ saga: before.type, step: before.step }));
  };

  const lookAt = async (trx: Trx, saga: StoredSaga, { stuck, unexcused }: Shards): Promise<void> => {
    const subject = player.subjectOf(saga);
    const shard = subject === undefined ? undefined : shardOf(subject);
    if (shard === undefined || !stuck.has(shard)) await sendAgain(trx, saga);
    else if (unexcused.has(shard)) await count(trx, saga, saga);
    else await postponeSaga(trx, saga.id, player.dueInMs(saga.attempts));
  };

  /** False when another replica is at it. */
  const sweepOne = async (id: string, shards: Shards): Promise<boolean> => {
    try {
      return await inTransaction(db, async (trx) => {
        const saga = await lockOverdue(trx, id);
        if (saga === undefined) return false;
        await lookAt(trx, saga, shards);
        return true;
      });
    } catch (error) {
      if (isEngineAway(error)) throw error;
      log.error({ err: error, saga: id }, 'a saga could not be sent on');
      await inTransaction(db, (trx) => postponeSaga(trx, id, RETRY_CAP_MS));
      return true;
    }
  };

  const sweep = async (signal: AbortSignal): Promise<void> => {
    const stuck = await stuckShards(db, SHARD_STUCK_SECONDS);
    const unexcused = stuck.size === 0 ? stuck : await stuckShards(db, EXCUSED_SECONDS);
    for (;;) {
      const ids = await overdueSagas(db, ROWS);
      let swept = 0;
      for (const id of ids) {
        if (signal.aborted) return;
        if (await sweepOne(id, { stuck, unexcused })) swept += 1;
      }
      if (ids.length < ROWS || swept === 0) return;
    }
  };

  return loop({
    name: 'saga sweeper',
    everyMs: sweepMs,
    turn: async (signal) => {
      try {
        await sweep(signal);
      } finally {
        if (!signal.aborted) flagged.set(await countFlagged(db));
      }
    },
    onError: (error) => log.warn({ err: error }, 'overdue sagas could not be looked at'),
  });
};
