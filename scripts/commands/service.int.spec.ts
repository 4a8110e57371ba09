import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root } from '../paths.ts';

/** By the launcher, as npm runs it. */
const ended = (...args: string[]) =>
  new Promise<{ code: number; said: string }>((resolve) => {
    const child = execFile(
      process.execPath,
      [join(root, 'scripts', 'onsale.js'), 'service', ...args],
      { env: { PATH: process.env.PATH } },
      (_error, _out, said) => resolve({ code: child.exitCode ?? -1, said }),
    );
  });

describe('npm run service', () => {
  it('says which settings a service lacks, and what each is', async () => {
    const { code, said } = await ended('payment');
    expect(code).toBe(1);
    expect(said).toContain('ONSALE_PORT is required (HTTP port; 0 takes a free one)\n');
    expect(said).toContain('ONSALE_MYSQL_URL is required (mysql://user:password@host:port/schema)\n');
  });

  it.each([[], ['nobody'], ['payment', 'queue']])('says which services there are when it is given %j', async (...args) => {
    const { code, said } = await ended(...args);
    expect([code, said]).toEqual([2, expect.stringContaining('gateway, queue, reservation, payment, commerce')]);
  });
});
