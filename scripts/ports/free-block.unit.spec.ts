import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { freeBlock, isPortFree } from './free-block.ts';

const taken =
  (...ports: number[]) =>
  (port: number) =>
    Promise.resolve(!ports.includes(port));

describe('freeBlock', () => {
  it('takes the first block when all of it is free', async () => {
    await expect(freeBlock({ first: [8080, 9080], step: 100, isFree: taken() })).resolves.toEqual([8080, 9080]);
  });

  it('moves all ports on when a single one is taken', async () => {
    await expect(freeBlock({ first: [8080, 9080], step: 100, isFree: taken(9080, 8180) })).resolves.toEqual([8280, 9280]);
  });

  it('gives up after the tries that it was given', async () => {
    await expect(freeBlock({ first: [1], step: 1, tries: 3, isFree: taken(1, 2, 3) })).rejects.toThrow('no free ports from 1');
  });
});

describe('isPortFree', () => {
  it('is false while somebody listens there, and true after', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await expect(isPortFree(port)).resolves.toBe(false);
    await new Promise((resolve) => server.close(resolve));
    await expect(isPortFree(port)).resolves.toBe(true);
  });
});
