import { type AnswerHeaders, CallProblem } from '@onsale/contracts';

/** How a call ended: the status of a 2xx, or status and code of its problem. */
export interface Outcome<B> {
  readonly is: string;
  readonly status: number;
  readonly code?: string;
  readonly body?: B;
  readonly problem?: Readonly<Record<string, unknown>>;
  readonly headers: AnswerHeaders;
}

/** Turns a call of the typed client into its outcome. @throws what the client throws when no answer came */
export const outcomeOf = async <B>(call: Promise<{ status: PropertyKey; body: B; headers: AnswerHeaders }>): Promise<Outcome<B>> => {
  try {
    const { status, body, headers } = await call;
    return { is: String(status), status: Number(status), body, headers };
  } catch (error) {
    if (!(error instanceof CallProblem)) throw error;
    return { is: `${error.status} ${error.code}`, status: error.status, code: error.code, problem: error.problem, headers: error.headers };
  }
};
