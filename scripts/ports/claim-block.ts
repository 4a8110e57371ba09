import { createServer, type Server } from 'node:net';
import { isPortFree } from './free-block.ts';

export interface ClaimOptions {
  /** The first port of the first block. */
  from: number;
  /** Ports in a block, the last of which stands for all of them. */
  size: number;
  /** How many blocks there are to draw from. */
  count: number;
}

export interface Claim {
  readonly first: number;
  /** Gives the block back; the end of this process does so too. */
  release: () => void;
}

/**
 * A block of free ports that is this process's alone among all that claim theirs here: it listens on the block's last port, which the system lets one do.
 * Looking for free ports alone would give the same ones to two that look at once.
 */
export async function claimBlock({ from, size, count }: ClaimOptions): Promise<Claim> {
  const start = Math.floor(Math.random() * count);
  for (let n = 0; n < count; n++) {
    const first = from + ((start + n) % count) * size;
    const holder = await listen(first + size - 1);
    if (holder === undefined) continue;
    const rest = await Promise.all(Array.from({ length: size - 1 }, (_, index) => isPortFree(first + index)));
    if (rest.every(Boolean)) return { first, release: () => void holder.close() };
    holder.close();
  }
  throw new Error(`each of the ${count} blocks of ${size} ports from ${from} upwards is in use`);
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server.unref()));
  });
}
