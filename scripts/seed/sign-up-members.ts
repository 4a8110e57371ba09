import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { CallProblem, type Client } from '@onsale/contracts';
import { signIn, signUp, tokensOf } from '@onsale/contracts/commerce';
import { chargeWallet } from '@onsale/contracts/payment';
import type { SeededMember } from './member-file.ts';

export interface SignUpMembersOptions {
  client: Client;
  count: number;
  /** Charged to each wallet; 0 charges nothing. */
  points: number;
  onMembers: (members: SeededMember[]) => void;
  signal?: AbortSignal;
}

/** Enough to keep an argon2id on every core; more would only stand in line there. */
const atOnce = 8;
const mostTries = 10;
const longestRestSeconds = 30;

/**
 * Makes members as clients would: signs up, signs in, charges. What is asked to come back later does, ten times.
 * @returns how often that was, and the seconds that an access token lives
 * @throws CallProblem for any other problem
 */
export async function signUpMembers({ client, count, points, onMembers, signal }: SignUpMembersOptions): Promise<{
  refused: number;
  expiresIn: number;
}> {
  let begun = 0;
  let refused = 0;
  let expiresIn = 0;

  const insistently = async <T>(call: () => Promise<T>): Promise<T> => {
    for (let tries = 1; ; tries += 1) {
      signal?.throwIfAborted();
      try {
        return await call();
      } catch (error) {
        const seconds = error instanceof CallProblem ? Number(error.headers.get('retry-after') ?? Number.NaN) : Number.NaN;
        if (Number.isNaN(seconds) || tries === mostTries) throw error;
        refused += 1;
        await delay(Math.min(seconds, longestRestSeconds) * 1_000 * (1 + Math.random() / 2), undefined, signal && { signal });
      }
    }
  };

  const makeOne = async (): Promise<void> => {
    const { member, credentials } = await insistently(async () => {
      // a new email each time: the try before may have come through without telling
      const credentials = { email: `seed-${randomUUID()}@example.com`, password: randomBytes(24).toString('base64url') };
      return { credentials, member: await client.call(signUp, { body: { ...credentials, name: 'Seeded member' } }) };
    });
    const session = tokensOf(await insistently(() => client.call(signIn, { body: credentials })));
    if (points > 0) {
      const charge = { accessToken: session.accessToken, idempotencyKey: randomUUID(), body: { amount: points } };
      await insistently(() => client.call(chargeWallet, charge));
    }
    expiresIn = session.expiresIn;
    onMembers([{ memberId: member.id, email: member.email, accessToken: session.accessToken }]);
  };

  const work = async (): Promise<void> => {
    while (begun < count) {
      begun += 1;
      await makeOne();
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, work));
  return { refused, expiresIn };
}
