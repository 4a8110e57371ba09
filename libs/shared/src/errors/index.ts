import type { Code } from '@onsale/contracts';

export interface FieldError {
  /** JSON pointer into the request: `/body/seatIds/0`, `/query/limit`. */
  readonly pointer: string;
  readonly detail: string;
}

export interface RefusalOptions {
  /** Further members of the problem: what a client needs to go on. */
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds?: number;
  readonly errors?: readonly FieldError[];
  readonly cause?: unknown;
}

/** A designed "no": a stable code, a sentence for people, and nothing of HTTP. One middleware turns it into a problem. */
export class Refusal extends Error {
  readonly code: Code;
  readonly detail: string;
  readonly extra: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds: number | undefined;
  readonly errors: readonly FieldError[] | undefined;

  constructor(code: Code, detail: string, options: RefusalOptions = {}) {
    super(`${code}: ${detail}`, { cause: options.cause });
    this.name = 'Refusal';
    this.code = code;
    this.detail = detail;
    this.extra = options.extra ?? {};
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.errors = options.errors;
  }
}

/** Unknown and foreign things alike, so that ids cannot be probed. */
export const notFound = (what: string): Refusal => new Refusal('NOT_FOUND', `There is no such ${what}.`);

/** A lock was not had in time; nothing is known to be taken, so ask again. */
export const busy = (cause?: unknown): Refusal =>
  new Refusal('BUSY', 'Many ask for this at the same moment. Ask again.', { retryAfterSeconds: 1, cause });

/** Whether it has taken effect is not known. */
export const tooLate = (cause?: unknown): Refusal =>
  new Refusal('TIMEOUT', 'The answer did not come in time. It may still take effect: ask again with the same key, or read.', {
    retryAfterSeconds: 1,
    cause,
  });
