import { readFileSync } from 'node:fs';
import { EDGE_TAG, endedSessions } from '@onsale/shared/auth';
import { createScript, type Redis } from '@onsale/shared/redis';

/** What Redis is asked for one request. */
export interface Question {
  readonly counters: readonly { readonly policy: string; readonly key: string; readonly seconds: number }[];
  /** Looked up in the deny-list. */
  readonly sessionId: string | undefined;
}

export interface Counted {
  /** In the order of the counters. */
  readonly counts: readonly { readonly count: number; readonly resetMs: number }[];
  readonly ended: boolean;
}

const LUA = readFileSync(new URL('./count.lua', import.meta.url), 'utf8');

/**
 * Counters with fixed windows and the deny-list of ended sessions, for many requests by one command: a command each would cost this process a third
 * of what a status read costs in all. All keys lie in one slot; a request takes Redis two microseconds. @throws whatever Redis throws
 */
export const createSharedCounts = ({ redis, namespace }: { readonly redis: Redis; readonly namespace: string }) => {
  const sessions = endedSessions({ redis, namespace });

  const run = createScript({ redis, lua: LUA });

  return async (questions: readonly Question[]): Promise<Counted[]> => {
    const keys: string[] = [];
    const args: (string | number)[] = [];
    for (const { counters, sessionId } of questions) {
      for (const { policy, key, seconds } of counters) {
        keys.push(`${namespace}:${EDGE_TAG}:limit:${policy}:${key}`);
        args.push(seconds);
      }
      if (sessionId === undefined) continue;
      keys.push(sessions.key(sessionId));
      args.push('');
    }
    const answers = keys.length === 0 ? [] : ((await run(keys, args)) as number[]);
    let at = 0;
    return questions.map(({ counters, sessionId }) => {
      const counts = counters.map(() => ({ count: answers[at++]!, resetMs: answers[at++]! }));
      return { counts, ended: sessionId !== undefined && answers[at++] === 1 };
    });
  };
};
