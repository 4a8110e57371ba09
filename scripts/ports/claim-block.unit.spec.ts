import { createServer } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { type Claim, claimBlock } from './claim-block.ts';

const range = () => ({ from: 30_000 + Math.floor(Math.random() * 50) * 50, size: 10, count: 5 });

const release = (claims: readonly PromiseSettledResult<Claim>[]) => {
  for (const claim of claims) if (claim.status === 'fulfilled') claim.value.release();
};

describe('claimBlock', () => {
  it('gives each of those that ask at once a block of its own, and the last ones none', async () => {
    const blocks = range();
    const claims = await Promise.allSettled(Array.from({ length: 7 }, () => claimBlock(blocks)));
    release(claims);
    const firsts = claims.flatMap((claim) => (claim.status === 'fulfilled' ? [claim.value.first] : []));
    expect(new Set(firsts).size).toBe(firsts.length);
    expect(firsts.length).toBeGreaterThan(0);
    expect(firsts.length).toBeLessThanOrEqual(5);
  });

  it('passes over a block in which a port is taken', async () => {
    const blocks = { ...range(), count: 2 };
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(blocks.from + 3, '127.0.0.1', resolve));
    const claim = await claimBlock(blocks);
    claim.release();
    server.close();
    expect(claim.first).toBe(blocks.from + 10);
  });

  it('gives a block again that was released', async () => {
    const blocks = { ...range(), count: 1 };
    const first = await claimBlock(blocks);
    await expect(claimBlock(blocks)).rejects.toThrow('is in use');
    first.release();
    const second = await claimBlock(blocks);
    second.release();
    expect(second.first).toBe(first.first);
  });
});
