import type { Database } from '@onsale/shared/db';
import { loop, type Part } from '@onsale/shared/lifecycle';
import type { Log } from '@onsale/shared/log';
import { deleteInvitations, findUsedUp } from './invitation-store.ts';

interface Deps {
  readonly db: Database;
  /** How long after its use; as long as the journal remembers, so that the place it gave is forgotten by then. */
  readonly days: number;
}

const BATCH = 500;
const EVERY_MS = 60 * 60_000;

/**
 * Forgets codes that gave a place of which nothing is known any more: shown again, they are as unknown as any. A code that its member has claimed without getting
 * a place is kept, and so is one that nobody has shown. Every replica may do it. Answers with how many.
 */
export const purgeInvitations =
  ({ db, days }: Deps) =>
  async (signal?: AbortSignal): Promise<number> => {
    for (let purged = 0; ;) {
      if (signal?.aborted === true) return purged;
      const usedUp = await findUsedUp(db, { days, limit: BATCH });
      if (usedUp.length > 0) purged += await deleteInvitations(db, usedUp);
      if (usedUp.length < BATCH) return purged;
    }
  };

/** Purges the invitations every hour. */
export const createInvitationPurge = ({ log, ...deps }: Deps & { readonly log: Log }): Part => {
  const purge = purgeInvitations(deps);
  return loop({
    name: 'invitation purge',
    everyMs: EVERY_MS,
    turn: async (signal) => {
      const purged = await purge(signal);
      if (purged > 0) log.info({ purged }, 'invitations that were used up are forgotten');
    },
    onError: (error) => log.warn({ err: error }, 'invitations were not purged'),
  });
};
