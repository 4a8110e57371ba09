import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';

const script = new URL('fixtures/run-service.ts', import.meta.url).pathname;

/** How a process ends that does this, and what it says; told to stop once it has said `when`. */
const ended = async ({ what, when }: { what: string; when?: string }) => {
  const child = spawn(process.execPath, [script, what], { env: { PATH: process.env['PATH'] }, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.on('data', (chunk: Buffer) => {
    if (when !== undefined && chunk.toString().includes(when)) child.kill('SIGTERM');
  });
  let logged = '';
  child.stdout.on('data', (chunk: Buffer) => (logged += chunk.toString()));
  const [said, [code, signal]] = await Promise.all([text(child.stderr), once(child, 'close') as Promise<[number | null, string | null]>]);
  return { code, signal, said, logged };
};

describe('the process of a service', () => {
  it('ends with 0 when it is told to', async () => {
    expect(await ended({ what: 'serves', when: 'listening' })).toMatchObject({ code: 0, signal: null, said: '' });
  });

  it('ends with 0 when it is told to while it starts', async () => {
    expect(await ended({ what: 'never starts', when: 'starting' })).toMatchObject({ code: 0, signal: null, said: '' });
  });

  it('ends with 1 when its stop takes longer than it may', async () => {
    expect(await ended({ what: 'never stops', when: 'listening' })).toMatchObject({
      code: 1,
      said: expect.stringContaining('took too long'),
    });
  });

  it('says in lines which of its settings are wrong', async () => {
    expect(await ended({ what: 'has wrong settings' })).toMatchObject({
      code: 1,
      signal: null,
      said: 'could not start: wrong settings:\n  ONSALE_PORT is required (HTTP port)\n',
    });
  });

  it.each([
    { what: 'cannot start', said: 'could not start' },
    { what: 'forgets an error', said: 'unhandled rejection' },
  ])('ends with 1 when it $what', async ({ what, said }) => {
    expect(await ended({ what })).toMatchObject({ code: 1, signal: null, said: expect.stringContaining(said) });
  });

  it('ends with 1 when a part of it is lost, and has that in its log', async () => {
    const outcome = await ended({ what: 'is lost' });
    expect(outcome).toMatchObject({ code: 1, signal: null });
    expect(outcome.logged).toContain('a part is lost; ending the process');
  });
});
