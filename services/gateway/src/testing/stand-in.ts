import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Answering = (seen: Seen, res: ServerResponse, req: IncomingMessage) => void;

/** A real HTTP server in a service's place: it keeps what it was asked, and answers as it is told. */
export interface StandIn {
  readonly url: URL;
  readonly seen: Seen[];
  /** How it answers from now on; `{}` until it is told. */
  answers(how: Answering): void;
  /** How it answers now. */
  answering(): Answering;
  /** Connections that are open to it. */
  connections(): Promise<number>;
  stop(): Promise<void>;
}

export const json = (res: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void => {
  res.writeHead(status, { 'content-type': status >= 400 ? 'application/problem+json' : 'application/json', ...headers });
  res.end(JSON.stringify(body));
};

const read = async (req: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
};

const listen = (server: Server, port: number): Promise<URL> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)));
  });

/** `port` is given to come back where one has been stopped. */
export const startStandIn = async ({ port = 0 }: { port?: number } = {}): Promise<StandIn> => {
  const seen: Seen[] = [];
  let answering: Answering = (_seen, res) => json(res, 200, {});
  const server = createServer((req, res) => {
    read(req).then(
      (body) => {
        const one = { method: req.method ?? '', url: req.url ?? '', headers: req.headers, body };
        seen.push(one);
        answering(one, res, req);
      },
      () => res.destroy(), // the gateway has gone
    );
  });
  const url = await listen(server, port);
  return {
    url,
    seen,
    answers: (how) => {
      answering = how;
    },
    answering: () => answering,
    connections: () => new Promise((resolve, reject) => server.getConnections((error, count) => (error ? reject(error) : resolve(count)))),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** Where nobody listens: a port that only the system may give away, and gives to nobody. */
export const deadAddress = new URL('http://127.0.0.1:1');
