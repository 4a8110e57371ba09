import { connect, type Socket } from 'node:net';
import { summaryOf, type Summary } from '../../scripts/load/latencies.ts';

interface ClosedLoopOptions {
  readonly baseUrl: string;
  readonly connections: number;
  /** The n-th request, whole (`requestOf`). `undefined`: there is none left. */
  readonly next: (n: number) => Buffer | undefined;
  /** The loop ends after so long; left out, when no request is left. */
  readonly ms?: number;
  /** Given every body, where somebody wants them. */
  readonly onBody?: (n: number, body: string) => void;
}

export interface Loop {
  readonly answered: number;
  readonly perSecond: number;
  /** How many answers of each status. */
  readonly statuses: Readonly<Record<number, number>>;
  readonly latency: Summary;
}

/** A request as its bytes, made once however often it is sent: the load generator shares the machine with what it measures. */
export const requestOf = (method: string, path: string, headers: Readonly<Record<string, string>> = {}): Buffer =>
  Buffer.from(
    `${method} ${path} HTTP/1.1\r\nhost: bench\r\n${Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')}\r\n`,
  );

const NONE: Buffer = Buffer.alloc(0);
const LENGTH = /\r\ncontent-length: (\d+)/i;

interface Parsed {
  readonly status: number;
  readonly bodyAt: number;
  readonly end: number;
}

/** The answer at the beginning of these bytes, when all of it is there. */
const parsed = (bytes: Buffer): Parsed | undefined => {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const head = bytes.toString('latin1', 0, headEnd);
  const status = Number(head.slice(9, 12));
  const length = LENGTH.exec(head)?.[1];
  if (length === undefined && status !== 204) throw new Error(`an answer without its length: ${head}`);
  const bodyAt = headEnd + 4;
  const end = bodyAt + Number(length ?? 0);
  return bytes.length < end ? undefined : { status, bodyAt, end };
};

/**
 * Keeps `connections` busy: each sends its next request when the one before is answered. A client of bare sockets, a third of the CPU time of one
 * that knows all of HTTP, so that what is measured is the server. @throws when a connection breaks, or an answer has no length
 */
export const closedLoop = async ({ baseUrl, connections, next, ms = Infinity, onBody }: ClosedLoopOptions): Promise<Loop> => {
  const { hostname, port } = new URL(baseUrl);
  const statuses: Record<number, number> = {};
  const times: number[] = [];
  const began = performance.now();
  let asked = 0;

  const lane = (socket: Socket): Promise<void> =>
    new Promise((resolve, reject) => {
      let pending = NONE;
      let [n, sentAt] = [0, 0];
      const ask = (): void => {
        const now = performance.now();
        const request = now - began >= ms ? undefined : next(asked);
        if (request === undefined) {
          socket.destroy();
          return resolve();
        }
        n = asked++;
        sentAt = now;
        socket.write(request);
      };
      const read = (bytes: Buffer): void => {
        pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
        const answer = parsed(pending);
        if (answer === undefined) return;
        times.push(performance.now() - sentAt);
        statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
        onBody?.(n, pending.toString('utf8', answer.bodyAt, answer.end));
        pending = NONE; // one request is under way, so nothing comes behind its answer
        ask();
      };
      socket.on('data', (bytes) => {
        try {
          read(bytes);
        } catch (error) {
          socket.destroy();
          reject(error);
        }
      });
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('the server closed a connection')));
      socket.once('connect', ask);
    });

  await Promise.all(Array.from({ length: connections }, () => lane(connect({ host: hostname, port: Number(port), noDelay: true }))));
  const seconds = (performance.now() - began) / 1_000;
  return { answered: times.length, perSecond: times.length / seconds, statuses, latency: summaryOf(times) };
};
