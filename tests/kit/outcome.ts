import { CallProblem } from '@onsale/contracts';

/** How a call ended: the status of a 2xx, or status and code of its problem. Anything else is an error of the test. */
export interface Outcome<B> {
  readonly is: string;
  readonly status: number;
  readonly code?: string;
  readonly body?: B;
  readonly problem?: Readonly<Record<string, unknown>>;
  readonly headers: Headers;
}

/** Turns a call of the typed client into its outcome. */
export const outcomeOf = async <B>(call: Promise<{ status: PropertyKey; body: B; headers: Headers }>): Promise<Outcome<B>> => {
  try {
    const { status, body, headers } = await call;
    return { is: String(status), status: Number(status), body, headers };
  } catch (error) {
    if (!(error instanceof CallProblem)) throw error;
    return { is: `${error.status} ${error.code}`, status: error.status, code: error.code, problem: error.problem, headers: error.headers };
  }
};

/** How many ended how: `{ '201': 1, '409 SEAT_TAKEN': 99 }`. */
export const tally = (outcomes: readonly { readonly is: string }[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { is } of outcomes) counts[is] = (counts[is] ?? 0) + 1;
  return counts;
};

/** Asks again, as the problem says, while the answer is one of `codes`: a client that gives up on BUSY would prove nothing. */
export const askedAgain = async <B>(codes: readonly string[], ask: () => Promise<Outcome<B>>, tries = 40): Promise<Outcome<B>> => {
  for (let i = 1; ; i++) {
    const outcome = await ask();
    if (i === tries || outcome.code === undefined || !codes.includes(outcome.code)) return outcome;
    const seconds = Number(outcome.headers.get('retry-after') ?? 1);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000 * (0.5 + Math.random())));
  }
};
