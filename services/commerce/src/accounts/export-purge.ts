import type { Database } from '@onsale/shared/db';
import { loop, type Part } from '@onsale/shared/lifecycle';
import type { Log } from '@onsale/shared/log';
import { purgeExports } from './export-store.ts';

interface Options {
  readonly db: Database;
  readonly everyMs: number;
  readonly log: Log;
}

/** Each may have megabytes. */
const BATCH = 10;

/** Deletes exports that have expired; nobody can read them any more. Every replica may do it. */
export const createExportPurge = ({ db, everyMs, log }: Options): Part =>
  loop({
    name: 'export purge',
    everyMs,
    turn: async (signal) => {
      while (!signal.aborted && (await purgeExports(db, BATCH)) > 0);
    },
    onError: (error) => log.warn({ err: error }, 'expired exports were not deleted'),
  });
