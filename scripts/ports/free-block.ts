import { createServer } from 'node:net';

export interface BlockOptions {
  /** The ports of the first block. */
  first: number[];
  /** How far the next block lies above the one before. */
  step: number;
  /** How many blocks to look at before giving up; 40 when left out. */
  tries?: number;
  isFree?: (port: number) => Promise<boolean>;
}

/** The first block of ports, from `first` upwards in steps, in which every port is free on the loopback address. */
export async function freeBlock({ first, step, tries = 40, isFree = isPortFree }: BlockOptions): Promise<number[]> {
  for (let n = 0; n < tries; n++) {
    const block = first.map((port) => port + n * step);
    if (block.some((port) => port > 65_535)) break;
    const free = await Promise.all(block.map(isFree));
    if (free.every(Boolean)) return block;
  }
  throw new Error(`no free ports from ${first.join(', ')} upwards in steps of ${step}`);
}

/** Whether nobody listens on this port of the loopback address, or of all addresses, right now. */
export async function isPortFree(port: number): Promise<boolean> {
  return (await canListen(port, '127.0.0.1')) && (await canListen(port, '0.0.0.0'));
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
