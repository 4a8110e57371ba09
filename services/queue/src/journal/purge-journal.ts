import type { Database } from '@onsale/shared/db';
import { loop, type Part } from '@onsale/shared/lifecycle';
import type { Log } from '@onsale/shared/log';
import { oldestNumber } from '../opening/opening.ts';
import { listQueues } from '../queues/queue-store.ts';
import type { QueueDefinition } from '../queues/queue.ts';
import { databaseNow, deleteEnded } from './journal-store.ts';

const DAY_SECONDS = 86_400;
const EVERY_MS = 60 * 60_000;
/** Rows of one statement: milliseconds of locks. */
const BATCH = 1000;
/** Statements for one queue in one turn; the rest waits for the next. */
const ROUNDS = 100;
const QUEUES = 100;

interface Deps {
  readonly db: Database;
  /**
   * How long an ended number is remembered, in days; 15 at least. A token lives for 7 at most, so nobody holds one to a number that is forgotten,
   * and whoever was passed by it has come in by then (`journalChecks`).
   */
  readonly days: number;
}

/** A queue's purge: as many statements as it takes, up to `ROUNDS`. */
const purgeQueue = async (
  { db, days }: Deps,
  { queueId, below }: { queueId: string; below: number },
  stop: () => boolean,
): Promise<number> => {
  let purged = 0;
  for (let round = 0; round < ROUNDS && !stop(); round += 1) {
    const deleted = await deleteEnded(db, { queueId, below, days, limit: BATCH });
    purged += deleted;
    if (deleted < BATCH) break;
  }
  return purged;
};

async function* allQueues(db: Database): AsyncGenerator<QueueDefinition> {
  for (let after = ''; ;) {
    const queues = await listQueues(db, { after, limit: QUEUES });
    yield* queues;
    if (queues.length < QUEUES) return;
    after = queues.at(-1)!.id;
  }
}

/** Forgets the numbers of all queues that were given out and ended longer than `days` ago; answers with how many. Every replica may do it. */
export const purgeJournal =
  (deps: Deps) =>
  async (signal?: AbortSignal): Promise<number> => {
    const stop = (): boolean => signal?.aborted === true;
    const nowMs = await databaseNow(deps.db);
    let purged = 0;
    for await (const queue of allQueues(deps.db)) {
      const below = oldestNumber({ ...queue, tokenLifeSeconds: deps.days * DAY_SECONDS }, nowMs); // who came before an opening lives from there on
      if (below > 0) purged += await purgeQueue(deps, { queueId: queue.id, below }, stop);
      if (stop()) break;
    }
    return purged;
  };

/** Purges the journal every hour. */
export const createJournalPurge = ({ log, ...deps }: Deps & { readonly log: Log }): Part => {
  const purge = purgeJournal(deps);
  return loop({
    name: 'journal purge',
    everyMs: EVERY_MS,
    turn: async (signal) => {
      const purged = await purge(signal);
      if (purged > 0) log.info({ purged }, 'old numbers were forgotten');
    },
    onError: (error) => log.warn({ err: error }, 'the journal was not purged'),
  });
};
