import { createHash } from 'node:crypto';
import type { Redis } from './create-redis.ts';

/** Runs a script on keys, which in a cluster share one hash tag. @throws whatever Redis throws */
export type Script = (keys: readonly string[], args: readonly (string | number)[]) => Promise<unknown>;

const isUnknown = (error: unknown): boolean => error instanceof Error && error.message.startsWith('NOSCRIPT');

/** A script that is sent by its hash, and whole when this Redis does not know it (yet, or any more: it was restarted, or another has become master). */
export const createScript = ({ redis, lua }: { readonly redis: Redis; readonly lua: string }): Script => {
  const sha = createHash('sha1').update(lua).digest('hex');
  return async (keys, args) => {
    try {
      return await redis.evalsha(sha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!isUnknown(error)) throw error;
      return redis.eval(lua, keys.length, ...keys, ...args);
    }
  };
};
