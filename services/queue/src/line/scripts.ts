import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Redis } from '@onsale/shared/redis';

/** Runs one script on one key. */
export type Script = (key: string, args: readonly (string | number)[]) => Promise<unknown>;

const source = (name: string): string => readFileSync(new URL(`./${name}.lua`, import.meta.url), 'utf8');

const isUnknownScript = (error: unknown): boolean => error instanceof Error && error.message.startsWith('NOSCRIPT');

/** A script of this folder, sent by its hash, and whole when this Redis does not know it (yet, or any more). */
export const scriptsOf = (redis: Redis) => {
  const script = (lua: string): Script => {
    const sha = createHash('sha1').update(lua).digest('hex');
    return async (key, args) => {
      try {
        return await redis.evalsha(sha, 1, key, ...args);
      } catch (error) {
        if (!isUnknownScript(error)) throw error;
        return redis.eval(lua, 1, key, ...args);
      }
    };
  };
  const prelude = source('prelude');
  const ofQueue = (name: string): Script => script(prelude + source(name));
  return {
    enqueue: ofQueue('enqueue'),
    status: ofQueue('status'),
    head: ofQueue('head'),
    apply: ofQueue('apply'),
    drop: ofQueue('drop'),
    restore: ofQueue('restore'),
    reset: ofQueue('reset'),
    endEpoch: ofQueue('end-epoch'),
    forgetOwners: ofQueue('forget-owners'),
    empty: ofQueue('empty'),
    counters: ofQueue('counters'),
    figures: ofQueue('figures'),
    find: ofQueue('find'),
    claimNoShows: ofQueue('claim-no-shows'),
    mark: ofQueue('mark'),
    marked: ofQueue('marked'),
    peek: ofQueue('peek'),
    closeDraw: ofQueue('close-draw'),
    drawn: ofQueue('drawn'),
    unmarkBusy: script(source('unmark-busy')),
  };
};
