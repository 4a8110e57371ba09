import type { Database } from '../db/index.ts';
import { loop, type Part } from '../lifecycle/index.ts';
import type { Log } from '../log/index.ts';

interface Deps {
  readonly db: Database;
  /** How long a row is kept. */
  readonly days: number;
  /**
   * Of each thing, keeps the newest old row of each action for good: what it says was in force when the time that is remembered began. For things that are few, and
   * whose history is asked for.
   */
  readonly keepNewest?: boolean;
}

/** Rows of one look, and of one statement: milliseconds of locks. */
const BATCH = 500;
const EVERY_MS = 60 * 60_000;

interface Row {
  readonly id: number;
  readonly old: number;
  /** Whether another old row tells what was in force after it. */
  readonly followed: number;
}

const FOLLOWED = `EXISTS (SELECT 1 FROM audit n WHERE n.subject = a.subject AND n.action = a.action AND n.id > a.id AND n.at < NOW(3) - INTERVAL ? DAY)`;

/**
 * Forgets rows older than `days`, from the oldest up: ids rise with time, so that no index by time is needed, and the first young row ends it. Any number of replicas
 * may do it. Answers with how many it deleted.
 */
export const purgeAudit =
  ({ db, days, keepNewest = false }: Deps) =>
  async (signal?: AbortSignal): Promise<number> => {
    const stop = (): boolean => signal?.aborted === true;
    let purged = 0;
    for (let after = 0; !stop();) {
      const rows: Row[] = await db('audit AS a')
        .where('a.id', '>', after)
        .orderBy('a.id')
        .limit(BATCH)
        .select({
          id: 'a.id',
          old: db.raw('a.at < NOW(3) - INTERVAL ? DAY', [days]),
          followed: keepNewest ? db.raw(FOLLOWED, [days]) : db.raw('1'),
        });
      const end = rows.findIndex(({ old }) => old === 0);
      const old = end === -1 ? rows : rows.slice(0, end);
      const ids = old.flatMap(({ id, followed }) => (followed === 1 ? [id] : []));
      if (ids.length > 0) purged += await db('audit').whereIn('id', ids).delete();
      if (old.length < BATCH) break;
      after = rows.at(-1)!.id;
    }
    return purged;
  };

/** Purges the audit every hour. */
export const createAuditPurge = ({ log, ...deps }: Deps & { readonly log: Log }): Part => {
  const purge = purgeAudit(deps);
  return loop({
    name: 'audit purge',
    everyMs: EVERY_MS,
    turn: async (signal) => {
      const purged = await purge(signal);
      if (purged > 0) log.info({ purged }, 'old rows of the audit were forgotten');
    },
    onError: (error) => log.warn({ err: error }, 'the audit was not purged'),
  });
};
