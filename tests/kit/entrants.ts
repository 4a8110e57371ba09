import { readFileSync } from 'node:fs';
import { setTimeout as rest } from 'node:timers/promises';
import { createClient, type Client } from '@onsale/contracts';
import { checkTokens, createQueue, issueToken, leaveQueue, type TokenCheckResult } from '@onsale/contracts/queue';
import {
  createPrincipalSigner,
  createQueueTokenCodec,
  PRINCIPAL_HEADER,
  type JWK,
  type Principal,
  type QueueTokenPayload,
  type QueueTokenSecret,
} from '@onsale/shared/auth';
import { newId } from '@onsale/shared/ids';
import { createKeepAliveFetch } from '../../scripts/load/keep-alive-fetch.ts';
import type { KeyFiles } from '../../scripts/keys/development-keys.ts';

/** What somebody means to do: buy and go; let the window run out; go while still waiting; look away for a while and come back. */
export type Plan = 'goes' | 'stays' | 'gives up' | 'looks away';

export interface Entrant {
  readonly memberId: string;
  readonly plan: Plan;
  /** Of the plans that wait for something: so many looks. */
  readonly patience: number;
  token: QueueTokenPayload | undefined;
  /** What the line last said; nothing yet for one who has no number. */
  status: TokenCheckResult['status'] | undefined;
  /** How often it was said to be WAITING. */
  looks: number;
  /** When it asked what the line has last answered; before any answer, when it first asked. 0: not yet. */
  lastAskedAt: number;
  /** The longest time that the line can have been without a look of it: from an ask that was answered to the next answer. */
  longestGapMs: number;
  awayUntil: number;
}

interface EntrantsOptions {
  readonly queueId: string;
  readonly urls: readonly string[];
  readonly keys: Pick<KeyFiles, 'principalPrivate' | 'queueTokenSecrets'>;
  readonly count: number;
  readonly random: () => number;
  /** How long those are gone who look away. */
  readonly awayMs: number;
}

const SHARES: readonly (readonly [Plan, number])[] = [
  ['stays', 0.05],
  ['gives up', 0.05],
  ['looks away', 0.05],
];
const ENDS: ReadonlySet<string> = new Set(['EXPIRED', 'COMPLETED', 'LEFT', 'REVOKED']);
/** Tokens of one look: few enough that a round takes several ticks, so that nobody is let in before all have come back to a line that was lost. */
const CHECKS = 50;
const AT_ONCE = 48;
/** Newcomers of one round: those who are in line already must not have to wait for them. */
const NEWCOMERS = 400;
const BETWEEN_ROUNDS_MS = 100;

const planOf = (random: () => number): Plan => {
  let drawn = random();
  for (const [plan, share] of SHARES) {
    if (drawn < share) return plan;
    drawn -= share;
  }
  return 'goes';
};

const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

const eachAtMost = async <T>(items: readonly T[], atOnce: number, each: (item: T) => Promise<void>): Promise<void> => {
  const left = items.toReversed();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let item = left.pop(); item !== undefined; item = left.pop()) await each(item);
    }),
  );
};

const chunksOf = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size));

/**
 * Many entrants of one line as one client of the queue service's replicas: it stands where the gateway stands, and asks as the gateway asks. What is
 * not answered, by a replica that was killed, is asked of another one.
 */
export const createEntrants = ({ queueId, urls, keys, count, random, awayMs }: EntrantsOptions) => {
  const codec = createQueueTokenCodec({ secrets: read(keys.queueTokenSecrets) as QueueTokenSecret[] });
  const signer = createPrincipalSigner({ key: read(keys.principalPrivate) as JWK });
  const transports = urls.map((baseUrl) => ({ baseUrl, ...createKeepAliveFetch({ baseUrl, connections: AT_ONCE }) }));
  const entrants: Entrant[] = Array.from({ length: count }, () => ({
    memberId: newId(),
    plan: planOf(random),
    patience: 1 + Math.floor(random() * 10),
    token: undefined,
    status: undefined,
    looks: 0,
    lastAskedAt: 0,
    longestGapMs: 0,
    awayUntil: 0,
  }));
  const counts = { asked: 0, unanswered: 0 };
  let turn = 0;

  /** One try, of the next replica; `undefined` when there was no answer that means anything. */
  const ask = async <T>(principal: Principal, call: (client: Client) => Promise<T>): Promise<T | undefined> => {
    const { baseUrl, fetch } = transports[(turn += 1) % transports.length]!;
    const jwt = await signer.sign(principal);
    const client = createClient({
      baseUrl,
      fetch: (url, init) => fetch(url, { ...init, headers: { ...init?.headers, [PRINCIPAL_HEADER]: jwt } }),
    });
    counts.asked += 1;
    try {
      return await call(client);
    } catch {
      counts.unanswered += 1; // killed, or its Redis is being put together again: the next round asks anew
      return undefined;
    }
  };

  const hear = (entrant: Entrant, status: TokenCheckResult['status'], askedAt: number): void => {
    if (!ENDS.has(entrant.status ?? '')) entrant.longestGapMs = Math.max(entrant.longestGapMs, performance.now() - entrant.lastAskedAt);
    entrant.lastAskedAt = askedAt;
    entrant.status = status;
    if (status === 'WAITING') entrant.looks += 1;
  };

  const memberOf = ({ memberId }: Entrant) => ({ id: memberId, role: 'member', sessionId: memberId, lanes: [] }) as const;

  const enter = async (entrant: Entrant): Promise<void> => {
    const askedAt = performance.now();
    if (entrant.lastAskedAt === 0) entrant.lastAskedAt = askedAt; // it may be in line from now on, though the answer be lost
    const taken = await ask({ kind: 'member', member: memberOf(entrant) }, (client) =>
      client.call(issueToken, { params: { queueId }, body: {} }),
    );
    if (taken === undefined) return;
    entrant.token = codec.verify(taken.token);
    if (entrant.token === undefined) throw new Error('a token that is not signed');
    hear(entrant, taken.status, askedAt);
  };

  const leave = async (entrant: Entrant): Promise<void> => {
    const admission = { queueId, number: entrant.token!.number, status: 'ISSUED', lane: entrant.token!.lane };
    const principal = { kind: 'member', member: memberOf(entrant), admission } as const;
    await ask(principal, (client) => client.call(leaveQueue, { params: { queueId } })); // by which end it is over, the next look tells
  };

  const check = async (some: readonly Entrant[]): Promise<void> => {
    const askedAt = performance.now();
    const answer = await ask({ kind: 'gateway' }, (client) =>
      client.call(checkTokens, { body: { tokens: some.map(({ token }) => token!) } }),
    );
    for (const [n, entrant] of some.entries()) if (answer !== undefined) hear(entrant, answer.results[n]!.status, askedAt);
  };

  const goesNow = ({ plan, status, looks, patience }: Entrant): boolean =>
    plan === 'gives up' ? status === 'ADMITTED' || looks >= patience : plan !== 'stays' && status === 'ADMITTED';

  const looksAwayNow = ({ plan, status, looks, patience, awayUntil }: Entrant): boolean =>
    plan === 'looks away' && status === 'WAITING' && looks >= patience && awayUntil === 0;

  /** In no order: the line has its own. */
  const shuffled = (some: readonly Entrant[]): Entrant[] =>
    some
      .map((one) => ({ one, at: random() }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ one }) => one);

  const isOver = ({ status }: Entrant): boolean => status !== undefined && ENDS.has(status);

  const round = async (): Promise<void> => {
    const now = performance.now();
    const present = shuffled(entrants.filter((one) => !isOver(one) && one.awayUntil <= now));
    const newcomers = present.filter(({ token }) => token === undefined).toSorted((a, b) => b.lastAskedAt - a.lastAskedAt); // who has asked before comes first
    await eachAtMost(newcomers.slice(0, NEWCOMERS), AT_ONCE, enter);
    await eachAtMost(
      chunksOf(
        present.filter(({ token }) => token !== undefined),
        CHECKS,
      ),
      3,
      check,
    );
    await eachAtMost(
      present.filter((one) => one.token !== undefined && !isOver(one) && goesNow(one)),
      AT_ONCE,
      leave,
    );
    for (const one of present) if (looksAwayNow(one)) one.awayUntil = performance.now() + awayMs;
  };

  return {
    /** Makes the queue. */
    open: async (cap: number): Promise<void> => {
      const operator = { id: newId(), role: 'operator', sessionId: newId(), lanes: [] } as const;
      const made = await ask({ kind: 'member', member: operator }, (client) => client.call(createQueue, { body: { id: queueId, cap } }));
      if (made === undefined) throw new Error('the queue was not made');
    },
    all: entrants as readonly Entrant[],
    counts,
    ended: (): number => entrants.filter(isOver).length,
    /** Plays rounds until everybody has come to an end. @throws Error at the deadline, or when a token is said to be none */
    play: async ({ withinMs }: { withinMs: number }): Promise<void> => {
      const deadline = performance.now() + withinMs;
      while (entrants.some((one) => !isOver(one))) {
        if (performance.now() > deadline) {
          const left = entrants.filter((one) => !isOver(one));
          throw new Error(`${left.length} have come to no end, such as ${JSON.stringify(left.slice(0, 3))}`);
        }
        await round();
        const lost = entrants.find(({ status }) => status === 'INVALID');
        if (lost !== undefined) throw new Error(`a token was said to be none: ${JSON.stringify(lost)}`);
        await rest(BETWEEN_ROUNDS_MS);
      }
    },
    close: async (): Promise<void> => {
      await Promise.all(transports.map((transport) => transport.close()));
    },
  };
};
