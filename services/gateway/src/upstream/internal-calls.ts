import { codes, urlOf, type Code, type RouteSpec } from '@onsale/contracts';
import { PRINCIPAL_HEADER, type Principal } from '@onsale/shared/auth';
import { Refusal } from '@onsale/shared/errors';
import { Agent, type Dispatcher } from 'undici';
import type { Principals } from '../identity/principals.ts';
import { away } from './away.ts';
import { isLeaving, type Replicas } from './replicas.ts';

interface InternalCallsOptions {
  readonly replicas: Replicas;
  readonly principals: Principals;
  readonly connectMs: number;
  /** Connections to each replica. */
  readonly connections?: number;
  /** How long the first try may take where there is another replica to ask; the whole deadline, when left out. */
  readonly firstTryMs?: number;
  /** Calls under way at once, beyond which they are refused; those that are gathered are bounded by that. */
  readonly most?: number;
}

/** Many times the largest answer: a thousand token checks. */
const MAX_ANSWER_BYTES = 4_194_304;
/** Shorter than the 65 s that services keep an idle connection, so that none is used while it is being closed. */
const IDLE_MS = 30_000;

interface Call {
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly deadlineMs: number;
  /** For whom; left out, for the gateway itself, to which nothing is refused. */
  readonly principal?: Principal;
}

interface ProblemAnswer {
  readonly code?: string;
  readonly detail?: string;
}

const secondsOf = (header: string | string[] | undefined): number | undefined =>
  /^\d+$/.test(String(header)) ? Number(header) : undefined;

/** The deadline of a call has passed. */
class NoAnswerInTime extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
    this.name = 'NoAnswerInTime';
  }
}

/** The replica is there, and answered what is no answer of the contract. */
class OddAnswer extends Error {}

/** @throws OddAnswer when the body is not JSON */
const jsonOf = async (body: Dispatcher.ResponseData['body']): Promise<unknown> => {
  const text = await body.text();
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new OddAnswer('the body of an answer was not JSON', { cause: error });
  }
};

const hasAnswered = (error: unknown): boolean => error instanceof OddAnswer || error instanceof Refusal;

/** Whether a call failed by its deadline: it may have taken effect. */
export const isLate = (error: unknown): boolean => error instanceof NoAnswerInTime;

/** What a service refuses by design is its answer, and not for another replica to be asked. */
const isVerdict = ({ code }: Refusal): boolean => codes[code].status < 500 || code === 'QUEUE_FULL' || code === 'OVERLOADED';

/**
 * Calls a route of a service, over connections that are kept, as `sub=gateway` or for a member. A call that failed is made once more to another replica,
 * within the same deadline: all of these routes only read, or answer the same again.
 * @throws Refusal OVERLOADED when too many are under way, and whatever a call for a principal is refused with; Error for whatever else is not the answer that the contract promises
 */
export const createInternalCalls = ({
  replicas,
  principals,
  connectMs,
  connections = 4,
  firstTryMs = Infinity,
  most = Infinity,
}: InternalCallsOptions) => {
  let underWay = 0;
  const agent = new Agent({
    connections,
    pipelining: 1,
    keepAliveTimeout: IDLE_MS,
    connect: { timeout: connectMs },
    maxResponseSize: MAX_ANSWER_BYTES,
  });

  const ask = async (origin: URL, spec: RouteSpec, { params, body, principal }: Call, signal: AbortSignal): Promise<unknown> => {
    const answer = await agent.request({
      origin,
      path: urlOf('', spec, { ...params }),
      method: spec.method,
      headers: {
        [PRINCIPAL_HEADER]: await principals(principal ?? { kind: 'gateway' }),
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal,
    });
    if (isLeaving(answer.headers)) replicas.down(origin);
    const schema = spec.answers[answer.statusCode];
    if (schema === undefined || schema === null) {
      const isProblem = String(answer.headers['content-type']).startsWith('application/problem+json');
      const { code, detail = '' } = isProblem ? ((await jsonOf(answer.body)) as ProblemAnswer) : {};
      if (!isProblem) await answer.body.dump();
      if (principal !== undefined && code !== undefined && code in codes)
        throw new Refusal(code as Code, detail, { retryAfterSeconds: secondsOf(answer.headers['retry-after']) });
      throw new OddAnswer(`${spec.method} ${spec.path} was answered with ${answer.statusCode}`);
    }
    const { data, error } = schema.safeParse(await jsonOf(answer.body));
    if (error !== undefined)
      throw new OddAnswer(`${spec.method} ${spec.path} was answered with another body than the contract's`, { cause: error });
    return data;
  };

  const askIn = async (ms: number, origin: URL, spec: RouteSpec, call: Call): Promise<unknown> => {
    const late = new AbortController(); // not `AbortSignal.timeout`, which goes off, and makes its error, after the answer too
    const timer = setTimeout(() => late.abort(new NoAnswerInTime(ms)), ms);
    try {
      return await ask(origin, spec, call, late.signal);
    } finally {
      clearTimeout(timer);
    }
  };

  const askTwice = async (spec: RouteSpec, call: Call): Promise<unknown> => {
    const over = performance.now() + call.deadlineMs;
    const first = replicas.next();
    try {
      const ms = replicas.several ? Math.min(firstTryMs, call.deadlineMs) : call.deadlineMs;
      return await askIn(ms, first, spec, call);
    } catch (error) {
      if (error instanceof Refusal && isVerdict(error)) throw error;
      if (!hasAnswered(error)) replicas.down(first);
      const other = replicas.other(first);
      const leftMs = over - performance.now();
      if (other === undefined || leftMs <= 0) throw error;
      return await askIn(leftMs, other, spec, call);
    }
  };

  return {
    call: async (spec: RouteSpec, call: Call): Promise<unknown> => {
      if (underWay >= most) throw new Refusal('OVERLOADED', 'Too much at once. Ask again in a moment.', { retryAfterSeconds: 1 });
      underWay += 1;
      try {
        return await askTwice(spec, call);
      } catch (error) {
        throw call.principal === undefined || error instanceof Refusal ? error : away(error);
      } finally {
        underWay -= 1;
      }
    },
    stop: (): Promise<void> => agent.destroy(),
  };
};

export type InternalCalls = ReturnType<typeof createInternalCalls>;
