import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { captureLog, eventually, fixedClock, temporaryFolders } from './index.ts';

describe('eventually', () => {
  it('asks again until nothing is thrown, and answers with the value', async () => {
    let asked = 0;
    const value = await eventually(() => {
      asked += 1;
      if (asked < 3) throw new Error('not yet');
      return asked;
    });
    expect(value).toBe(3);
  });

  it('fails as the last try failed when the time is over', async () => {
    let asked = 0;
    const never = eventually(
      async () => {
        asked += 1;
        throw new Error(`try ${asked}`);
      },
      { withinMs: 0, everyMs: 1 },
    );
    await expect(never).rejects.toThrow(/try \d/);
  });
});

describe('fixedClock', () => {
  it('stands still until it is told otherwise', () => {
    const clock = fixedClock('2030-01-01T00:00:00.000Z');
    expect([clock.now(), clock.now()]).toEqual([new Date('2030-01-01T00:00:00.000Z'), new Date('2030-01-01T00:00:00.000Z')]);
    clock.advance(1500);
    expect(clock.now().toISOString()).toBe('2030-01-01T00:00:01.500Z');
    clock.set('2031-01-01T00:00:00.000Z');
    expect(clock.now().toISOString()).toBe('2031-01-01T00:00:00.000Z');
  });

  it('hands out dates that are the caller’s own', () => {
    const clock = fixedClock('2030-01-01T00:00:00.000Z');
    clock.now().setFullYear(1970);
    expect(clock.now().getUTCFullYear()).toBe(2030);
  });
});

describe('temporaryFolders', () => {
  it('leaves none of its folders behind, whatever was put into them', () => {
    const folders = temporaryFolders();
    const made = [folders.make(), folders.make()];
    writeFileSync(join(made[0]!, 'file'), 'text');
    expect(made.map((folder) => existsSync(folder))).toEqual([true, true]);
    folders.remove();
    expect(made.map((folder) => existsSync(folder))).toEqual([false, false]);
  });
});

describe('captureLog', () => {
  it('keeps what the product would have written', () => {
    const { log, lines, text } = captureLog();
    log.info({ password: 'hunter2' }, 'hello');
    expect(lines()).toEqual([expect.objectContaining({ level: 'info', msg: 'hello', password: '[cut]' })]);
    expect(text()).not.toContain('hunter2');
  });
});
