import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '../log/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { operations } from './operations.ts';
import type { Part } from './part.ts';

export interface ServiceOptions {
  readonly name: string;
  readonly settings: { readonly host: string; readonly port: number; readonly opsPort: number; readonly drainMs: number };
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
  start(): Promise<{ url: string; opsUrl: string }>;
  stop(): Promise<void>;
}

/** Idle connections outlive those of the gateway's agent, so that it never writes into one that is being closed. */
const KEEP_ALIVE_MS = 65_000;

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

/**
 * One process's worth of a service: its HTTP server, its operations port, and the parts beside them.
 * Stopping: readiness says 503, the port takes nobody new, requests under way are answered (`drainMs` at most), then parts, then engines.
 */
export const createService = ({ name, settings, log, metrics, app, checks, parts, close = [], prepare }: ServiceOptions): Service => {
  const state = { listening: false, stopping: false };
  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: 20_000, requestTimeout: 30_000, maxHeaderSize: 32_768 },
    (req, res) => {
      if (state.stopping) res.setHeader('connection', 'close');
      // an answer that was under way when the stop began leaves its connection idle, and an idle one keeps the server from closing
      res.once('close', () => state.stopping && setImmediate(() => server.closeIdleConnections()));
      app(req, res);
    },
  );
  prepare?.(server);
  const opsServer = createServer(operations({ checks, metrics, log, serving: () => state.listening && !state.stopping }));
  const started: Part[] = [];

  const stop = async (): Promise<void> => {
    state.stopping = true;
    await drained(server, settings.drainMs, log);
    for (const part of started.toReversed()) {
      try {
        await part.stop();
      } catch (error) {
        log.error({ err: error, part: part.name }, 'a part did not stop cleanly');
      }
    }
    for (const end of close) await end().catch((error: unknown) => log.warn({ err: error }, 'an engine was not closed cleanly'));
    opsServer.closeAllConnections();
    await drained(opsServer, 1000, log);
    log.info('stopped');
  };

  return {
    name,
    log,
    start: async () => {
      try {
        const opsUrl = await listen(opsServer, settings.opsPort, settings.host);
        for (const part of parts) {
          started.push(part);
          await part.start();
        }
        const url = await listen(server, settings.port, settings.host);
        state.listening = true;
        log.info({ url, opsUrl }, 'listening');
        return { url, opsUrl };
      } catch (error) {
        await stop();
        throw error;
      }
    },
    stop,
  };
};
