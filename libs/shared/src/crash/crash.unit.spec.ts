import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { temporaryFolders } from '../testing/index.ts';
import { createCrashPoints, parseCrashAt } from './index.ts';

interface Line {
  readonly point: string;
  readonly count: number;
  readonly pid: number;
  readonly time: string;
}

const folders = temporaryFolders();
afterAll(folders.remove);

/** Runs `body` in a process of its own with a point armed; it may say `crash` and `during`. */
const runWith = async (at: string, body: string) => {
  const folder = folders.make();
  const [log, survived] = [join(folder, 'log'), join(folder, 'survived')];
  const script = `
    import { writeFileSync } from 'node:fs';
    import { createCrashPoints, during, parseCrashAt } from '${import.meta.resolve('./index.ts')}';
    const crash = createCrashPoints({ ...parseCrashAt('${at}'), log: '${log}' });
    process.on('exit', () => writeFileSync('${survived}', ''));
    try {
      ${body}
    } finally {
      writeFileSync('${survived}', '');
    }`;
  const signal = await new Promise<NodeJS.Signals | null>((resolve) => {
    const child = execFile(process.execPath, ['--input-type=module', '-e', script], { env: { NODE_OPTIONS: '' } });
    child.once('exit', (_code, signal) => resolve(signal));
  });
  const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
  return { signal, survived: existsSync(survived), lines: lines.map((line) => JSON.parse(line) as Line) };
};
const message = (id: string) => `{ payload: JSON.stringify({ id: '${id}', type: 'an.event.v1' }) }`;

describe('crash points', () => {
  it('are absent where none is armed', () => {
    expect(createCrashPoints(undefined)).toBeUndefined();
  });

  it('end the process at the moment itself, with nothing after it, and leave one line', async () => {
    const { signal, survived, lines } = await runWith(
      'POST /payments/after-commit#2',
      `for (let i = 0; i < 3; i += 1) await during(crash, 'POST /payments', async () => {
         await null;
         crash.hit('before-commit');
         crash.hit('after-commit');
       });`,
    );
    expect({ signal, survived }).toEqual({ signal: 'SIGKILL', survived: false });
    expect(lines).toEqual([
      { point: 'POST /payments/after-commit', count: 2, pid: expect.any(Number), time: expect.stringMatching(/^\d{4}-.*Z$/) },
    ]);
  });

  it('count each message of those that are handled at once', async () => {
    const { signal, lines } = await runWith(
      'lock:do/before-commit#2',
      `const group = ['a', 'b'].map((saga) => ({ id: saga + ':lock:do', type: 'lock' }));
       await during(crash, [...group, { id: 'c:lock:undo', type: 'unlock' }], async () => crash.hit('before-commit'));`,
    );
    expect({ signal, counts: lines.map(({ point, count }) => [point, count]) }).toEqual({
      signal: 'SIGKILL',
      counts: [['lock:do/before-commit', 2]],
    });
  });

  it('let everything else pass: other names, other moments, fewer times', async () => {
    const { survived, lines } = await runWith(
      'lock:do/after-commit#2',
      `crash.hit('after-commit');
       await during(crash, [{ id: 's:lock:undo', type: 'unlock' }], async () => crash.hit('after-commit'));
       await during(crash, [{ id: 's:lock:do', type: 'lock' }], async () => crash.hit('before-commit'));
       await during(crash, [{ id: 's:lock:do', type: 'lock' }], async () => crash.hit('after-commit'));
       crash.hit('after-commit', [${message('s:lock:undo')}, { payload: 'nonsense' }]);`,
    );
    expect({ survived, lines }).toEqual({ survived: true, lines: [] });
  });

  it.each([
    ['lock:do', 's:lock:do'],
    ['confirm:undo', 's:confirm:undo'],
    ['reply:lock:do', 's:lock:do:reply'],
    ['an.event.v1', '0190-17'],
  ])('name a message %s by its id %s, and count each of a batch', async (name, id) => {
    const batch = `[${message(id)}, ${message('s:other:do')}, ${message(id)}]`;
    const { signal, lines } = await runWith(
      `${name}/after-publish#3`,
      `for (const batch of [${batch}, ${batch}]) crash.hit('after-publish', batch);`,
    );
    expect({ signal, counts: lines.map(({ point, count }) => [point, count]) }).toEqual({
      signal: 'SIGKILL',
      counts: [[`${name}/after-publish`, 4]],
    });
  });
});

describe('a crash point’s name', () => {
  it('has moment and count behind it; without a count it is the first time', () => {
    expect(parseCrashAt('lock:do/after-commit#20')).toEqual({ name: 'lock:do', moment: 'after-commit', nth: 20 });
    expect(parseCrashAt('DELETE /reservations/{id}/before-answer')).toEqual({
      name: 'DELETE /reservations/{id}',
      moment: 'before-answer',
      nth: 1,
    });
    expect(() => parseCrashAt('lock:do/tomorrow')).toThrow(/not a crash point/);
  });
});
