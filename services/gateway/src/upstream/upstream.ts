import { Agent, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import type { RouteSpec } from '@onsale/contracts';
import { Refusal, tooLate } from '@onsale/shared/errors';
import { requestIdOf, sendProblem, waitOf } from '@onsale/shared/http';
import type { Log } from '@onsale/shared/log';
import type { Metrics } from '@onsale/shared/metrics';
import type { Reshape } from '../identity/cookie-answers.ts';
import { away } from './away.ts';
import { createBreaker, isOpen } from './breaker.ts';
import { ClientGone, createExchange, UpstreamFailure, type FailureKind } from './exchange.ts';
import { refusalOfAnswer, relay, relayReshaped } from './relay.ts';
import { isLeaving, type Replicas } from './replicas.ts';

export interface UpstreamOptions {
  /** The service behind it, for the log and the metrics. */
  readonly name: string;
  readonly replicas: Replicas;
  readonly headersMs: number;
  readonly connectMs: number;
  readonly idleMs: number;
  /** Requests under way at once. */
  readonly concurrency: number;
  readonly breakerResetMs: number;
  /** Writes the response from an answer, and says whether it was one; left out, as a service of ours answers. */
  readonly respond?: (errand: Errand, answer: IncomingMessage) => 'answer' | 'odd';
  /** Whether a replica that closes its connection behind an answer is leaving, as a service of ours is; somebody else's may do so always. */
  readonly closesToLeave?: boolean;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface Errand {
  readonly spec: RouteSpec;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Where the answer is not passed on as it is. */
  readonly reshape?: Reshape | undefined;
  /** For an owner that may have no limit of its own. */
  readonly maxBodyBytes?: number;
}

/** Shorter than the 65 s that services keep an idle connection, so that none is used while it is being closed. */
const IDLE_CONNECTION_MS = 30_000;

const refusalOf = (error: unknown): unknown => {
  if (isOpen(error)) return away();
  if (!(error instanceof UpstreamFailure)) return error;
  if (error.kind === 'oversized') return new Refusal('PAYLOAD_TOO_LARGE', 'The body is larger than this route takes.');
  return error.kind === 'late' ? tooLate(error) : away(error);
};

/** Of the client's doing: nothing is known of the replica. */
const isClients = (error: unknown): boolean =>
  error instanceof ClientGone || (error instanceof UpstreamFailure && error.kind === 'oversized');

/** Relays the answer, or writes a problem in its place when no service of ours can have made it. */
const ourAnswer = ({ spec, req, res, reshape }: Errand, from: IncomingMessage): 'answer' | 'odd' => {
  const refusal = refusalOfAnswer(from);
  if (refusal === undefined) {
    if (reshape === undefined) relay(spec, from, res);
    else
      relayReshaped(spec, from, res, reshape).catch((error: unknown) =>
        sendProblem(res, error instanceof Refusal ? error : away(error), requestIdOf(req)),
      );
    return 'answer';
  }
  sendProblem(res, refusal, requestIdOf(req));
  from.on('error', () => undefined).destroy();
  return refusal.code === 'UPSTREAM_UNAVAILABLE' ? 'odd' : 'answer';
};

/**
 * A service as the gateway sees it: replicas in turn, connections kept, a bound on what is under way, and a breaker around the time to the
 * first byte. What a service answers is its answer, 5xx included; the breaker counts only that none came. A replica that could not be
 * reached at all has seen nothing of the request, so that another one is tried, once.
 */
export const createUpstream = ({
  name,
  replicas,
  headersMs,
  connectMs,
  idleMs,
  concurrency,
  breakerResetMs,
  respond = ourAnswer,
  closesToLeave = true,
  log,
  metrics,
}: UpstreamOptions) => {
  const connections = { keepAlive: true, maxSockets: concurrency, maxFreeSockets: 256, timeout: IDLE_CONNECTION_MS };
  const agents = { 'http:': new Agent(connections), 'https:': new TlsAgent(connections) };
  const exchange = createExchange({ agents, connectMs, idleMs });
  const failures = metrics.counter({
    name: 'onsale_gateway_upstream_failures_total',
    help: 'Attempts that brought no answer',
    labels: ['upstream', 'kind'],
  });
  let underWay = 0;

  const attempt = async (errand: Errand, replica: URL): Promise<void> => {
    const { req, res, maxBodyBytes } = errand;
    try {
      const waitMs = waitOf(req.headers.prefer as string | undefined);
      const answered = (from: IncomingMessage): 'answer' | 'odd' => {
        if (closesToLeave && isLeaving(from.headers)) replicas.down(replica);
        return respond(errand, from);
      };
      await exchange({ req, res, replica, headersMs: headersMs + waitMs, maxBodyBytes, answered });
    } catch (error) {
      if (isClients(error)) throw error;
      const kind: FailureKind = error instanceof UpstreamFailure ? error.kind : 'broken';
      failures.inc({ upstream: name, kind });
      log.debug({ err: error, upstream: name, replica: replica.origin, kind }, 'no answer');
      if (kind === 'unreached' || kind === 'late') replicas.down(replica);
      throw error;
    }
  };

  const breaker = createBreaker({
    name,
    resetMs: breakerResetMs,
    log,
    metrics,
    provesNothing: isClients,
    action: async (errand: Errand): Promise<void> => {
      const first = replicas.next();
      try {
        await attempt(errand, first);
      } catch (error) {
        const other = error instanceof UpstreamFailure && error.kind === 'unreached' ? replicas.other(first) : undefined;
        if (other === undefined) throw error;
        await attempt(errand, other);
      }
    },
  });

  return {
    /**
     * Has the request, with the headers and the URL that it now has, answered by the service. Resolves when the answer has
     * begun, and when the client has gone.
     * @throws Refusal UPSTREAM_UNAVAILABLE, TIMEOUT, OVERLOADED
     */
    forward: async (errand: Errand): Promise<void> => {
      const { req, res } = errand;
      if (res.closed) return; // gone on the way to here: no `close` would give its place back
      if (underWay >= concurrency) throw new Refusal('OVERLOADED', 'Too much at once. Ask again in a moment.', { retryAfterSeconds: 1 });
      underWay += 1;
      res.once('close', () => {
        underWay -= 1;
      });
      try {
        await breaker.fire(errand);
      } catch (error) {
        if (error instanceof ClientGone) return;
        if (isClients(error)) res.setHeader('connection', 'close'); // it may have no end
        req.resume(); // what is left of the body is read away, so that the connection can be used again
        throw refusalOf(error);
      }
    },
    stop: (): void => {
      breaker.stop();
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
};

export type Upstream = ReturnType<typeof createUpstream>;
