import type { z } from 'zod';
import { pathOf, type RouteSpec } from './route.ts';

type Input<T> = T extends z.ZodType ? z.input<T> : undefined;
type Answers<R extends RouteSpec> = {
  [S in keyof R['answers']]: { status: S; body: R['answers'][S] extends z.ZodType ? z.output<R['answers'][S]> : undefined };
}[keyof R['answers']];

export interface CallOptions<R extends RouteSpec> {
  readonly params?: Record<string, string>;
  readonly query?: Record<string, string | number>;
  readonly body?: Input<R['body']>;
  readonly accessToken?: string;
  readonly queueToken?: string;
  readonly idempotencyKey?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** What is read of an answer's headers. */
export type AnswerHeaders = Pick<Headers, 'get'>;

/** What a call needs of `fetch`: the global one has it, and a cheaper transport can. */
export type Fetch = (
  url: string,
  request: { method: string; headers: Record<string, string>; body?: string; signal: AbortSignal },
) => Promise<{ ok: boolean; status: number; headers: AnswerHeaders; text: () => Promise<string> }>;

/** A problem that a call was answered with. */
export class CallProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly problem: Readonly<Record<string, unknown>>;
  readonly headers: AnswerHeaders;

  constructor(status: number, problem: { readonly code?: string; readonly detail?: string }, headers: AnswerHeaders) {
    super(`${status} ${problem.code ?? 'without a code'}: ${problem.detail ?? ''}`);
    this.name = 'CallProblem';
    this.status = status;
    this.code = problem.code ?? '';
    this.problem = { ...problem };
    this.headers = headers;
  }
}

/** Where a route stands, with its parameters and query filled in. */
export const urlOf = (
  baseUrl: string,
  route: RouteSpec,
  params: Record<string, string> = {},
  query: Record<string, string | number> = {},
): string => {
  const path = pathOf(route).replaceAll(/\{(\w+)\}/g, (_all, name: string) => encodeURIComponent(params[name] ?? ''));
  const search = new URLSearchParams(Object.entries(query).map(([name, value]): [string, string] => [name, String(value)])).toString();
  return `${baseUrl}${path}${search === '' ? '' : `?${search}`}`;
};

const headersOf = ({ accessToken, queueToken, idempotencyKey, body, headers = {} }: CallOptions<RouteSpec>): Record<string, string> => ({
  ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
  ...(queueToken === undefined ? {} : { 'queue-token': queueToken }),
  ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
  ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  ...headers,
});

const parsed = (text: string): unknown => (text === '' ? undefined : JSON.parse(text));

/** Calls a route of the fleet, typed by its declaration. @throws CallProblem for every answer that is not 2xx */
export const createClient = ({ baseUrl, fetch = globalThis.fetch }: { baseUrl: string; fetch?: Fetch }) => {
  const answer = async <R extends RouteSpec>(route: R, options: CallOptions<R> = {}): Promise<Answers<R> & { headers: AnswerHeaders }> => {
    const { params, query, body, timeoutMs = 20_000 } = options;
    const response = await fetch(urlOf(baseUrl, route, params, query), {
      method: route.method,
      headers: headersOf(options),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const read = parsed(await response.text());
    if (!response.ok) throw new CallProblem(response.status, Object(read) as { code?: string; detail?: string }, response.headers);
    return { status: response.status, body: read, headers: response.headers } as unknown as Answers<R> & { headers: AnswerHeaders };
  };
  return {
    /** The answer with its status and headers. */
    answer,
    /** The body alone. */
    call: async <R extends RouteSpec>(route: R, options: CallOptions<R> = {}): Promise<Answers<R>['body']> =>
      (await answer(route, options)).body,
  };
};

export type Client = ReturnType<typeof createClient>;
