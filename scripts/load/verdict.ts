import type { Outcome } from './outcome.ts';

/**
 * What an attempt means to a client that holds on: it is answered, or the same request is sent again. `mayHaveHappened`: nobody can say whether
 * the attempt took effect.
 */
export type Verdict =
  | { readonly is: 'answered' }
  | { readonly is: 'again'; readonly mayHaveHappened: boolean; readonly retryAfterMs?: number };

/** These refuse before anything is done. */
const REFUSED_UNDONE = new Set(['RATE_LIMITED', 'QUEUE_FULL', 'BUSY']);
/** The request is wanted again, although it is no failure of the shop. */
const ASKED_BACK = new Set([...REFUSED_UNDONE, 'IDEMPOTENCY_IN_FLIGHT']);

/** By the status (429, and 5xx but 501), or by a code that asks the client back. INSUFFICIENT_POINTS and the like need something else first. */
export const verdictOfAnswer = ({ status, code = '', headers }: Outcome<unknown>): Verdict => {
  const isAgain = status === 429 || (status >= 500 && status !== 501) || ASKED_BACK.has(code);
  if (!isAgain) return { is: 'answered' };
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return {
    is: 'again',
    mayHaveHappened: status !== 429 && !REFUSED_UNDONE.has(code),
    ...(seconds >= 0 ? { retryAfterMs: seconds * 1000 } : {}),
  };
};

interface Failure {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
}

/** What Node, undici and `fetch` throw when a connection or a deadline fails, and what a truncated body makes the client throw. */
const isOfTheWire = (error: unknown): boolean => {
  const { name, code, cause } = Object(error) as Failure;
  return (
    (typeof code === 'string' && /^(E[A-Z]+|UND_ERR_[A-Z_]+)$/.test(code)) ||
    name === 'TimeoutError' ||
    error instanceof SyntaxError ||
    (error instanceof TypeError && cause !== undefined)
  );
};

const codeOf = (error: unknown): unknown => {
  const { code, cause } = Object(error) as Failure;
  return code ?? (cause === undefined ? undefined : codeOf(cause));
};

/** No answer came: sent again, and done at most when it was sent at all. @throws the error when it is not one of the wire */
export const verdictOfFailure = (error: unknown): Verdict => {
  if (!isOfTheWire(error)) throw error;
  return { is: 'again', mayHaveHappened: !['ECONNREFUSED', 'UND_ERR_CONNECT_TIMEOUT'].includes(String(codeOf(error))) };
};

const FIRST_REST_MS = 100;
const MOST_REST_MS = 2_000;
/** A client that is told to come back much later is not told so by this shop. */
const MOST_RETRY_AFTER_MS = 30_000;

/**
 * Milliseconds before the next attempt: not before `Retry-After`, else exponential with a cap; with jitter, so that those who were sent away together
 * do not come back together. `tries` counts those made; `random` is from [0, 1).
 */
export const restMs = ({ tries, retryAfterMs, random }: { tries: number; retryAfterMs?: number; random: number }): number => {
  if (retryAfterMs !== undefined) return Math.min(MOST_RETRY_AFTER_MS, Math.max(FIRST_REST_MS, retryAfterMs)) * (1 + random / 2);
  return Math.min(MOST_REST_MS, FIRST_REST_MS * 2 ** (tries - 1)) * (0.5 + random / 2);
};
