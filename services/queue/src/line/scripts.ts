import { readFileSync } from 'node:fs';
import { createScript, reignLua, type Redis } from '@onsale/shared/redis';

/** Runs on the key that a queue's others begin with. */
type LineScript = (key: string, args: readonly (string | number)[]) => Promise<unknown>;

const source = (name: string): string => readFileSync(new URL(`./${name}.lua`, import.meta.url), 'utf8');

/** The scripts of this folder. */
export const scriptsOf = (redis: Redis) => {
  const script = (lua: string): LineScript => {
    const run = createScript({ redis, lua });
    return (key, args) => run([key], args);
  };
  const prelude = reignLua + source('prelude');
  const ofQueue = (name: string): LineScript => script(prelude + source(name));
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

export type LineScripts = ReturnType<typeof scriptsOf>;
