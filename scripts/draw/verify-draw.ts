import { setTimeout as rest } from 'node:timers/promises';
import { CallProblem, type Client } from '@onsale/contracts';
import { readDraw, type Draw } from '@onsale/contracts/queue';
import { createDrawCheck, type DrawVerdict } from './check-draw.ts';

/** The draw cannot be judged, or not yet. */
export class NothingToVerify extends Error {}

export interface VerifyDraw {
  readonly client: Client;
  readonly queueId: string;
  /** The seed's hash as somebody noted it before the opening; without it, the one that the draw shows now counts. */
  readonly notedHash?: string | undefined;
  /** Entries of a page. */
  readonly limit?: number;
}

/** A page that is refused for its rate, or for a moment, is asked for so often; one that has no answer at all, so often. */
const TRIES = 20;
const TRIES_UNANSWERED = 3;
const MOST_REST_SECONDS = 60;

/** Seconds until a page may be asked for again. @throws the problem when it is not one that passes; NothingToVerify when nobody answers */
const restAfter = (error: unknown, tries: number): number => {
  if (error instanceof CallProblem) {
    if ((error.status !== 429 && error.status < 500) || tries >= TRIES) throw error;
    return Number(error.headers.get('retry-after') ?? 1);
  }
  const { message, cause } = error as Error;
  if (tries >= TRIES_UNANSWERED)
    throw new NothingToVerify(`The gateway does not answer: ${cause instanceof Error ? cause.message : message}`);
  return 1;
};

const pageOf = async ({ client, queueId, limit = 1000 }: VerifyDraw, cursor: string | undefined): Promise<Draw> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await client.call(readDraw, { params: { queueId }, query: { limit, ...(cursor !== undefined && { cursor }) } });
    } catch (error) {
      const seconds = restAfter(error, tries);
      await rest(Math.min(MOST_REST_SECONDS, Math.max(1, seconds)) * (1 + 0.2 * Math.random()) * 1000);
    }
  }
};

/**
 * Fetches the draw of a queue as anybody can, and reckons it anew: the seed's hash, every score, the order, one place a member, and that those who were
 * present were admitted in that order, as far as they were so far.
 * @throws NothingToVerify before the opening, while the list is being written down, or when the gateway does not answer; CallProblem when there is no such draw
 */
export const verifyDraw = async (options: VerifyDraw): Promise<DrawVerdict & { readonly seedHash: string }> => {
  let page = await pageOf(options, undefined);
  const { seed, count } = page;
  const seedHash = options.notedHash?.toLowerCase() ?? page.seedHash;
  if (seed === undefined)
    throw new NothingToVerify(`The queue opens at ${page.opensAt}; until then its seed is secret. Note its hash: ${page.seedHash}`);
  if (count === undefined)
    throw new NothingToVerify('The queue has opened, and its entries are being written down: ask again in a moment.');
  const check = createDrawCheck({ seed, seedHash });
  for (;;) {
    check.page({ ...page, ...(options.notedHash !== undefined && { seedHash }) });
    if (page.nextCursor === undefined) return { ...check.verdict(count), seedHash };
    page = await pageOf(options, page.nextCursor);
  }
};
