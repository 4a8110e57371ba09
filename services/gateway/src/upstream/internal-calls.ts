import { pathOf, type RouteSpec } from '@onsale/contracts';
import { PRINCIPAL_HEADER } from '@onsale/shared/auth';
import { Agent } from 'undici';
import type { Principals } from '../identity/principals.ts';
import type { Replicas } from './replicas.ts';

interface InternalCallsOptions {
  readonly replicas: Replicas;
  readonly principals: Principals;
  readonly connectMs: number;
  /** Connections to each replica. */
  readonly connections?: number;
}

/** Many times the largest answer: a thousand token checks. */
const MAX_ANSWER_BYTES = 4_194_304;
/** Shorter than the 65 s that services keep an idle connection, so that none is used while it is being closed. */
const IDLE_MS = 30_000;

/**
 * Calls a route between services as `sub=gateway`, over connections that are kept. All of these routes only read, so a call that failed is
 * made once more to another replica, within the same deadline. @throws Error for whatever is not the answer that the contract promises
 */
export const createInternalCalls = ({ replicas, principals, connectMs, connections = 4 }: InternalCallsOptions) => {
  const agent = new Agent({
    connections,
    pipelining: 1,
    keepAliveTimeout: IDLE_MS,
    connect: { timeout: connectMs },
    maxResponseSize: MAX_ANSWER_BYTES,
  });

  const ask = async (origin: URL, spec: RouteSpec, body: unknown, signal: AbortSignal): Promise<unknown> => {
    const answer = await agent.request({
      origin,
      path: pathOf(spec),
      method: spec.method,
      headers: {
        [PRINCIPAL_HEADER]: await principals({ kind: 'gateway' }),
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal,
    });
    const schema = spec.answers[answer.statusCode];
    if (schema === undefined || schema === null) {
      await answer.body.dump();
      throw new Error(`${spec.method} ${spec.path} was answered with ${answer.statusCode}`);
    }
    return schema.parse(await answer.body.json());
  };

  return {
    call: async (spec: RouteSpec, { body, deadlineMs }: { body?: unknown; deadlineMs: number }): Promise<unknown> => {
      const late = new AbortController(); // not `AbortSignal.timeout`, which goes off, and makes its error, after the answer too
      const timer = setTimeout(() => late.abort(new Error(`no answer within ${deadlineMs} ms`)), deadlineMs);
      const first = replicas.next();
      try {
        return await ask(first, spec, body, late.signal);
      } catch (error) {
        replicas.down(first);
        const other = replicas.other(first);
        if (other === undefined || late.signal.aborted) throw error;
        return await ask(other, spec, body, late.signal);
      } finally {
        clearTimeout(timer);
      }
    },
    stop: (): Promise<void> => agent.destroy(),
  };
};

export type InternalCalls = ReturnType<typeof createInternalCalls>;
