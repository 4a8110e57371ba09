import type { Fetch } from '@onsale/contracts';
import { waitOf } from '@onsale/shared/http';

/**
 * The longest that an answer may take, `Prefer: wait` apart: the gateway's 11 s for the first byte (ONSALE_UPSTREAM_HEADERS_MS), and a second each for
 * its counters, its token check, and a connection.
 */
const LONGEST_MS = 14_000;

/** Asks as `fetch` does, and sees to it that nothing hangs: what came to no answer, or took longer than every deadline on its way adds up to. */
export const createWitness = () => {
  const seen = { answered: 0, slowestMs: 0 };
  const unanswered: string[] = [];
  const overdue: string[] = [];

  const fetch: Fetch = async (url, request) => {
    const began = performance.now();
    const what = `${request.method} ${new URL(url).pathname}`;
    try {
      const { ok, status, headers, text } = await readWhole(await globalThis.fetch(url, request));
      seen.answered += 1;
      return { ok, status, headers, text };
    } catch (error) {
      if (!isRefused(error)) unanswered.push(`${what}: ${String((error as Error).cause ?? error)}`);
      throw error;
    } finally {
      const ms = performance.now() - began;
      seen.slowestMs = Math.max(seen.slowestMs, Math.round(ms));
      if (ms > LONGEST_MS + waitOf(request.headers['prefer'])) overdue.push(`${what}: ${Math.round(ms)} ms`);
    }
  };
  return {
    fetch,
    seen,
    /** What was not as it should be since this was last asked. */
    faults: () => ({ unanswered: unanswered.splice(0), overdue: overdue.splice(0) }),
  };
};

/** Nothing of the request went out: a balancer asks another gateway. */
export const isRefused = (error: unknown): boolean => (Object(error) as { cause?: { code?: unknown } }).cause?.code === 'ECONNREFUSED';

const readWhole = async (answer: Response) => {
  const whole = await answer.text();
  return { ok: answer.ok, status: answer.status, headers: answer.headers, text: async () => whole };
};

export type Witness = ReturnType<typeof createWitness>;
