import type { Agent, ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough, Transform } from 'node:stream';
import { hasBody } from '@onsale/shared/http';
import { createProxyMiddleware } from 'http-proxy-middleware';

/**
 * `unreached`: no connection, so nothing was sent. `late`: no first byte in time. `broken`: the connection broke. `odd`: not a service's answer.
 * `oversized`: the client's body went on beyond its limit.
 */
export type FailureKind = 'unreached' | 'late' | 'broken' | 'odd' | 'oversized';

/** Why an attempt brought no answer. */
export class UpstreamFailure extends Error {
  readonly kind: FailureKind;

  constructor(kind: FailureKind, cause?: unknown) {
    super(`upstream ${kind}`, { cause });
    this.name = 'UpstreamFailure';
    this.kind = kind;
  }
}

/** The client left before there was an answer: nobody is to blame, and nothing is known of the replica. */
export class ClientGone extends Error {
  constructor() {
    super('the client has gone');
    this.name = 'ClientGone';
  }
}

export interface Attempt {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly replica: URL;
  /** Longest wait for the first byte of the answer, from when the request has been read. */
  readonly headersMs: number;
  /** For an owner that may have no limit of its own. */
  readonly maxBodyBytes?: number | undefined;
  /** Given the answer before anything of it is read; writes the response, and says whether the answer was one. */
  readonly answered: (answer: IncomingMessage) => 'answer' | 'odd';
}

export interface ExchangeOptions {
  /** By the protocol of a replica: neither speaks the other's. */
  readonly agents: Readonly<Record<string, Agent>>;
  readonly connectMs: number;
  readonly idleMs: number;
}

/** What the proxy connects to. A new one for each attempt, by which the proxy's events are told apart. */
interface Target {
  readonly protocol: string;
  readonly hostname: string;
  readonly port: string;
  readonly pathname: string;
}

const targetOf = ({ protocol, hostname, port }: URL): Target => ({
  protocol,
  hostname: hostname.replaceAll(/^\[|\]$/g, ''),
  port,
  pathname: '/',
});

interface Hooks {
  readonly target: Target;
  readonly body: Transform | undefined;
  readonly assigned: (request: ClientRequest) => void;
  readonly failed: (error: unknown) => void;
}

/** Calls `fn` once when the whole request has been read from the client; at once when there is nothing (more) to read. */
const onceRead = (req: IncomingMessage, fn: () => void): void => {
  if (!hasBody(req) || req.readableEnded) fn();
  else req.once('end', fn);
};

/** The proxy itself, whose events are handed to the hooks of their attempt. Its own plugins answer errors with the URL, and log it. */
const createProxy = ({ agents, idleMs }: ExchangeOptions) => {
  const latest = new WeakMap<IncomingMessage, Hooks>();
  const byTarget = new WeakMap<object, Hooks>();
  const hooksOf = (target: unknown): Hooks | undefined => byTarget.get(Object(target) as object);

  const proxy = createProxyMiddleware({
    changeOrigin: true,
    selfHandleResponse: true,
    proxyTimeout: idleMs,
    router: (req, _res, options) => {
      const hooks = latest.get(req);
      if (hooks === undefined) throw new Error('a request that belongs to no attempt');
      if (hooks.body !== undefined) options.buffer = hooks.body;
      options.agent = agents[hooks.target.protocol];
      return hooks.target;
    },
    ejectPlugins: true,
    plugins: [
      (server) => {
        server.on('proxyReq', (request, _req, _res, { target }) => hooksOf(target)?.assigned(request));
        server.on('error', (error, _req, _res, target) => hooksOf(target)?.failed(error));
        server.on('econnreset', (error, _req, _res, target) => hooksOf(target)?.failed(error));
      },
    ],
  });

  return (req: IncomingMessage, res: ServerResponse, hooks: Hooks): void => {
    latest.set(req, hooks);
    byTarget.set(hooks.target, hooks);
    void proxy(req, res, hooks.failed);
  };
};

/** The end of an attempt: the first of answer, failure, deadline and the client's going; what comes after it is nothing. */
const createEnding = (resolve: () => void, reject: (reason: UpstreamFailure | ClientGone) => void) => {
  const timers: NodeJS.Timeout[] = [];
  const state = { over: false };
  const end = (tell: () => void): void => {
    if (state.over) return;
    state.over = true;
    for (const timer of timers) clearTimeout(timer);
    tell();
  };
  const fail = (kind: FailureKind, cause?: unknown): void => end(() => reject(new UpstreamFailure(kind, cause)));
  return {
    isOver: (): boolean => state.over,
    done: (): void => end(resolve),
    gone: (): void => end(() => reject(new ClientGone())),
    fail,
    failAfter: (ms: number, kind: FailureKind, unless: () => boolean = () => false): void => {
      if (!state.over) timers.push(setTimeout(() => unless() || fail(kind), ms));
    },
  };
};

/** Where the client's body is held back until there is a connection; it ends, and `exceeded` is told, at a byte more than `maxBytes`. */
const bodyOf = (req: IncomingMessage, maxBytes: number | undefined, exceeded: () => void): Transform | undefined => {
  if (!hasBody(req)) return undefined;
  if (maxBytes === undefined) return new PassThrough();
  let left = maxBytes;
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      left -= chunk.length;
      if (left >= 0) done(undefined, chunk);
      else exceeded(); // nothing more is taken
    },
  });
};

const isConnecting = (request: ClientRequest): boolean => request.socket?.connecting === true;

/**
 * One attempt to have a request answered by one replica, through http-proxy-middleware. Resolves when the answer has begun; a client that is
 * slow with its body is not timed here but by the server.
 * @throws UpstreamFailure, ClientGone
 */
export const createExchange = (options: ExchangeOptions) => {
  const proxy = createProxy(options);

  return async ({ req, res, replica, headersMs, maxBodyBytes, answered }: Attempt): Promise<void> => {
    if (res.closed) throw new ClientGone(); // its `close` has been told, and would be waited for in vain
    const sent: { request?: ClientRequest; connected: boolean } = { connected: false };
    const attempt = Promise.withResolvers<void>();
    const ending = createEnding(attempt.resolve, attempt.reject);
    // held back until there is a connection, so that an attempt which found none has not used it up
    const body = bodyOf(req, maxBodyBytes, () => {
      if (ending.isOver()) res.destroy(); // its answer has begun
      ending.fail('oversized');
      sent.request?.destroy();
    });

    const connected = (): void => {
      sent.connected = true;
      if (body !== undefined && !ending.isOver()) req.pipe(body);
    };
    const respond = (answer: IncomingMessage): void => {
      if (ending.isOver()) answer.destroy();
      else if (answered(answer) === 'answer') ending.done();
      else ending.fail('odd');
    };
    const assigned = (request: ClientRequest): void => {
      sent.request = request;
      request.prependOnceListener('response', respond);
      if (ending.isOver()) request.destroy();
      else if (isConnecting(request)) request.socket?.once('connect', connected);
      else connected();
    };
    const failed = (error: unknown): void => {
      if (res.closed || req.socket.destroyed) ending.gone();
      else ending.fail(sent.connected ? 'broken' : 'unreached', error);
    };

    res.once('close', ending.gone);
    ending.failAfter(options.connectMs, 'unreached', () => sent.connected);
    onceRead(req, () => ending.failAfter(headersMs, 'late'));
    proxy(req, res, { target: targetOf(replica), body, assigned, failed });
    try {
      await attempt.promise;
    } catch (error) {
      if (body !== undefined) req.unpipe(body);
      sent.request?.destroy();
      throw error;
    } finally {
      res.off('close', ending.gone); // the next attempt adds its own
    }
  };
};

export type Exchange = ReturnType<typeof createExchange>;
