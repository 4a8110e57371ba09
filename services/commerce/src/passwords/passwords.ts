import { randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import type { Metrics } from '@onsale/shared/metrics';
import type { Turns } from '@onsale/shared/turns';

/** OWASP Password Storage Cheat Sheet: argon2id (2) with 19 MiB, 2 passes, 1 lane. It costs 35 to 80 ms of a core. */
const ARGON2ID = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

export interface Passwords {
  /** The PHC string to keep. @throws Overloaded; GaveUp */
  hash(password: string, signal?: AbortSignal): Promise<string>;
  /**
   * Whether it is the password that was hashed. Without a hash it is not, and the answer takes the same time, so that it does not tell which
   * accounts there are. @throws Overloaded; GaveUp
   */
  isRight(password: string, hash: string | undefined, signal?: AbortSignal): Promise<boolean>;
}

/** Hashes and checks passwords, each at its turn, so that a storm of them leaves the process its cores, memory and thread pool. */
export const createPasswords = async ({ turns, metrics }: { turns: Turns; metrics: Metrics }): Promise<Passwords> => {
  const seconds = metrics.histogram({ name: 'onsale_password_hash_seconds', help: 'One argon2id, without its wait for a turn' });
  const inLine = metrics.gauge({ name: 'onsale_password_hashes_waiting', help: 'Sign-ins and sign-ups in line for an argon2id' });
  const nobodys = await hash(randomBytes(32), ARGON2ID);

  const atItsTurn = async <T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
    const answer = turns.take(async () => {
      const stop = seconds.startTimer();
      return work().finally(stop);
    }, signal);
    inLine.set(turns.waiting());
    return answer.finally(() => inLine.set(turns.waiting()));
  };

  return {
    hash: (password, signal) => atItsTurn(() => hash(password, ARGON2ID), signal),
    isRight: async (password, kept, signal) => {
      const equal = await atItsTurn(() => verify(kept ?? nobodys, password), signal);
      return equal && kept !== undefined;
    },
  };
};
