// A process of its own: readers of server-sent events over bare sockets, who note when each status came and cost as little as can be.
import { connect } from 'node:net';

export interface Reading {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** One reader each. */
  readonly headers: readonly Readonly<Record<string, string>>[];
  readonly atOnce: number;
}
/** What a reader has heard: the status, and its time as the reader's clock has it. */
export interface Heard {
  readonly at: number;
  readonly data: Record<string, unknown>;
}
export type Order = { readonly read: Reading } | { readonly tell: 'heard' } | { readonly stop: true };
export type Report = { readonly open: number; readonly refused: number } | { readonly heard: Heard[]; readonly open: number };

const DATA = /data: (\{.*\})\n\n/g;
let heard: Heard[] = [];
const state = { open: 0, refused: 0 };
const send = (report: Report): void => void process.send?.(report);

/** Resolves when the first status is there, or none will come. */
const read = ({ host, port, path }: Reading, headers: Readonly<Record<string, string>>, source: string): Promise<void> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, localAddress: source });
    let tail = '';
    let isOpen = false;
    socket.setEncoding('latin1');
    socket.on('connect', () => {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(`GET ${path} HTTP/1.1\r\nhost: ${host}:${port}\r\n${lines.join('')}\r\n`);
    });
    socket.on('data', (chunk: string) => {
      const at = Date.now();
      tail += chunk;
      let taken = 0;
      for (const match of tail.matchAll(DATA)) {
        taken = match.index + match[0].length;
        if (!isOpen) state.open += 1;
        isOpen = true;
        heard.push({ at, data: JSON.parse(match[1]!) as Record<string, unknown> });
        resolve();
      }
      tail = taken === 0 && tail.length < 10_000 ? tail : tail.slice(taken);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      if (isOpen) state.open -= 1;
      else state.refused += 1;
      resolve();
    });
  });

const readAll = async (reading: Reading): Promise<void> => {
  const left = [...reading.headers.entries()];
  const one = async (): Promise<void> => {
    // an address has 28,000 ports: several stand for more
    for (let next = left.pop(); next !== undefined; next = left.pop()) await read(reading, next[1], `127.0.0.${2 + (next[0] % 4)}`);
  };
  await Promise.all(Array.from({ length: reading.atOnce }, one));
  send({ ...state });
};

process.on('message', (order: Order) => {
  if ('read' in order) void readAll(order.read);
  else if ('tell' in order) {
    send({ heard, open: state.open });
    heard = [];
  } else process.exit(0);
});
process.once('disconnect', () => process.exit(0));
