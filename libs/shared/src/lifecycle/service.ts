import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as rest } from 'node:timers/promises';
import { within } from '../deadline/index.ts';
import type { Log } from '../log/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { operations } from './operations.ts';
import type { Part } from './part.ts';
import { stopParts } from './stop-parts.ts';

export interface ServiceOptions {
  readonly name: string;
  readonly settings: {
    readonly host: string;
    readonly port: number;
    readonly opsPort: number;
    /** How long a service that is told to stop still takes requests, so that those who route to it learn from its readiness; 0 by default. */
    readonly drainDelayMs?: number;
    /** Longest time for the requests that are then under way. */
    readonly drainMs: number;
  };
  readonly log: Log;
  readonly metrics: Metrics;
  readonly app: RequestListener;
  /** Readiness: each rejects when what it asks for is away. */
  readonly checks: Readonly<Record<string, () => Promise<void>>>;
  /** Started in order before the port opens; stopped in reverse after the last answer. */
  readonly parts: readonly Part[];
  /** Engines: closed last. */
  readonly close?: readonly (() => Promise<unknown>)[];
  /** Called with the server before it listens: upgrade handlers, limits. */
  readonly prepare?: (server: Server) => void;
}

export interface Service {
  readonly name: string;
  readonly log: Log;
  /** Longest time that `stop` may take: both times of the drain, and 10 s for parts and engines. */
  readonly stopWithinMs: number;
  /** @throws what a part throws; Error when it was stopped meanwhile. What had started has stopped then. */
  start(): Promise<{ url: string; opsUrl: string }>;
  /** Called again it is the same stop. */
  stop(): Promise<void>;
}

/** How often those who are too slow are looked for: Node's own 30 s would make 50 of a deadline of 20. */
const SLOW_CHECK_MS = 5_000;
/** Idle connections outlive those of the gateway's agent, so that it never writes into one that is being closed. */
const KEEP_ALIVE_MS = 65_000;
/** For all parts and engines. A relay tries for 5 s to send what is left, a handler of messages ends within 5 s; each has 3 s that nobody else can take. */
const PARTS_MS = 10_000;
/** For one of them, should its engine be away: what it leaves undone then is what a crash would leave, and is found by whoever comes next. */
const PART_MS = 6000;
/** Kept of the first for what follows the parts. */
const ENGINES_MS = 2000;

const listen = (server: Server, port: number, host: string): Promise<string> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address() as AddressInfo;
      resolve(`http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`);
    });
  });

const drained = (server: Server, deadlineMs: number, log: Log): Promise<void> =>
  new Promise((resolve) => {
    if (!server.listening) return resolve();
    const deadline = setTimeout(() => {
      log.warn('drain deadline: closing the connections that are left');
      server.closeAllConnections();
    }, deadlineMs);
    server.close(() => {
      clearTimeout(deadline);
      resolve();
    });
    server.closeIdleConnections();
  });

/** The requests under way. Once `leaving`, every answer that has not begun says that its connection closes, and the rest are counted. */
const createTraffic = (metrics: Metrics) => {
  const underWay = new Set<ServerResponse>();
  metrics.gauge({
    name: 'onsale_http_requests_under_way',
    help: 'Requests whose headers have come, and that are not answered',
    value: () => underWay.size,
  });
  let answered = 0;
  let broken = 0;
  let leaving = false;
  const closing = (res: ServerResponse): void => {
    if (!res.headersSent) res.setHeader('connection', 'close');
  };
  return {
    take: (res: ServerResponse, closed: () => void): void => {
      underWay.add(res);
      if (leaving) closing(res);
      res.once('close', () => {
        underWay.delete(res);
        if (!leaving) return;
        if (res.writableFinished) answered += 1;
        else broken += 1;
        closed();
      });
    },
    /** @returns how many are under way now */
    leave: (): number => {
      leaving = true;
      for (const res of underWay) closing(res);
      return underWay.size;
    },
    /** Of those that have been under way since. */
    left: () => ({ answered, unanswered: broken + underWay.size }),
  };
};

/**
 * One process's worth of a service: its HTTP server, its operations port, and the parts beside them. Stopping: readiness says 503, and answers close
 * their connections; for `drainDelayMs` requests are still taken; then the port takes nobody new, and what is under way is answered, `drainMs` at
 * most; then parts stop, consumers before relays; then engines are closed. Requests come before parts, as a payment's answer needs both.
 */
export const createService = ({ name, settings, log, metrics, app, checks, parts, close = [], prepare }: ServiceOptions): Service => {
  const { host, port, opsPort, drainDelayMs = 0, drainMs } = settings;
  const state = { listening: false, stopping: false };
  const traffic = createTraffic(metrics);
  const server = createServer(
    {
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: 20_000,
      requestTimeout: 30_000,
      connectionsCheckingInterval: SLOW_CHECK_MS,
      maxHeaderSize: 32_768,
    },
    (req, res) => {
      // an answer that had begun before the stop leaves its connection idle, and an idle one keeps the server from closing
      traffic.take(res, () => void setImmediate(() => server.listening || server.closeIdleConnections()));
      app(req, res);
    },
  );
  prepare?.(server);
  const opsServer = createServer(operations({ checks, metrics, log, serving: () => state.listening && !state.stopping }));
  const started: Part[] = [];
  let stopped: Promise<void> | undefined;

  const stopAll = async (): Promise<void> => {
    await stopParts({ parts: started.toReversed(), totalMs: PARTS_MS - ENGINES_MS, eachMs: PART_MS, log });
    const closed = Promise.allSettled(close.map((end) => end()));
    await within(ENGINES_MS / 2, closed).catch((error: unknown) => log.warn({ err: error }, 'the engines were not closed in time'));
  };

  const leave = async (): Promise<void> => {
    state.stopping = true;
    log.info({ underWay: traffic.leave() }, 'draining');
    if (state.listening) await rest(drainDelayMs);
    for (const part of started) part.drain?.(drainMs);
    await drained(server, drainMs, log);
    log.info(traffic.left(), 'drained');
    await stopAll();
    opsServer.closeAllConnections();
    await drained(opsServer, 1000, log);
    log.info('stopped');
  };
  const stop = (): Promise<void> => (stopped ??= leave());

  const begin = async (): Promise<{ url: string; opsUrl: string }> => {
    const opsUrl = await listen(opsServer, opsPort, host);
    for (const part of parts) {
      if (state.stopping) break;
      started.push(part);
      await part.start();
    }
    if (state.stopping) throw new Error('stopped while it was starting');
    const url = await listen(server, port, host);
    state.listening = true;
    log.info({ url, opsUrl }, 'listening');
    return { url, opsUrl };
  };

  return {
    name,
    log,
    stopWithinMs: drainDelayMs + drainMs + PARTS_MS,
    start: async () => {
      try {
        return await begin();
      } catch (error) {
        await stop();
        opsServer.close(); // it may have opened while that stop was on its way
        throw error;
      }
    },
    stop,
  };
};
