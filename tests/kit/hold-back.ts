import type { Database, Trx } from '@onsale/shared/db';

/** Keeps to itself whatever rows `lock` locks or writes, so that a process of the fleet waits for them, until `release`; what was written is undone then. */
export const createHoldBack = () => {
  const held = new Set<Trx>();
  const release = async (trx: Trx): Promise<void> => {
    if (held.delete(trx)) await trx.rollback();
  };
  return {
    of: async (db: Database, lock: (trx: Trx) => Promise<unknown>): Promise<() => Promise<void>> => {
      const trx = await db.transaction();
      held.add(trx);
      await lock(trx);
      return () => release(trx);
    },
    /** For `afterEach`: a test that failed in between must not keep the others waiting. */
    releaseAll: async (): Promise<void> => {
      for (const trx of held) await release(trx);
    },
  };
};
