import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { temporaryFolders } from '../testing/index.ts';
import { commonSettings, type ConfigError, crashOf, crashSettings, readConfig, readJwks, redisSettings, setting } from './index.ts';

const shape = {
  ONSALE_A: setting.text({ about: 'a' }),
  ONSALE_B: setting.int({ default: 3, min: 1, about: 'b' }),
  ONSALE_C: setting.onOff({ default: true, about: 'c' }),
};

const folders = temporaryFolders();
afterAll(folders.remove);
const file = (text: string): string => {
  const path = join(folders.make(), 'value');
  writeFileSync(path, text);
  return path;
};

describe('readConfig', () => {
  it('gives defaults, numbers and switches', () => {
    expect(readConfig(shape, { ONSALE_A: 'x', ONSALE_C: 'off' })).toEqual({ ONSALE_A: 'x', ONSALE_B: 3, ONSALE_C: false });
  });

  it('names every wrong setting at once', () => {
    expect(() => readConfig(shape, { ONSALE_B: '0', ONSALE_C: 'maybe' })).toThrow(/ONSALE_A[^]*ONSALE_B[^]*ONSALE_C/);
  });

  it('says in plain words what is missing, what it is for, and what is wrong', () => {
    const numbers = { ...shape, ONSALE_D: setting.number({ default: 1.5, max: 2, about: 'd' }), ONSALE_E: setting.list({ about: 'e' }) };
    const messageOf = (env: Record<string, string>) => {
      try {
        readConfig(numbers, env);
      } catch (error) {
        return (error as ConfigError).message.split('\n');
      }
      return [];
    };
    expect(messageOf({ ONSALE_B: 'abc', ONSALE_C: 'maybe', ONSALE_D: '3' })).toEqual([
      'wrong settings:',
      '  ONSALE_A is required (a)',
      '  ONSALE_B: must be a number (b)',
      '  ONSALE_C: must be one of on, off (c)',
      '  ONSALE_D: must be at most 2 (d)',
      '  ONSALE_E is required (e)',
    ]);
    expect(messageOf({ ONSALE_A_FILE: '/nowhere', ONSALE_B: '1.5', ONSALE_E: ',' })).toEqual([
      'wrong settings:',
      '  ONSALE_A_FILE: cannot be read (ENOENT)',
      '  ONSALE_B: must be a whole number (b)',
      '  ONSALE_E: must not be empty (e)',
    ]);
    expect(() => readConfig(commonSettings, {})).toThrow('ONSALE_PORT is required (HTTP port; 0 takes a free one)');
  });

  it('never tells a value, which may be a secret', () => {
    expect(() => readConfig({ ONSALE_S: setting.int({ default: 1, about: 's' }) }, { ONSALE_S: 'hunter2' })).toThrow(/^(?![^]*hunter2)/);
  });

  it('reads a secret from the file that NAME_FILE names', () => {
    expect(readConfig(shape, { ONSALE_A_FILE: file('secret\n') }).ONSALE_A).toBe('secret');
    expect(() => readConfig(shape, { ONSALE_A_FILE: '/nowhere' })).toThrow(/ONSALE_A_FILE: cannot be read/);
  });

  it('reads comma separated lists, with and without a default', () => {
    const lists = { ONSALE_L: setting.list({ about: 'l' }), ONSALE_M: setting.list({ default: '', about: 'm' }) };
    expect(readConfig(lists, { ONSALE_L: 'a, b' })).toEqual({ ONSALE_L: ['a', 'b'], ONSALE_M: [] });
    expect(() => readConfig(lists, { ONSALE_L: ' , ' })).toThrow(/ONSALE_L/);
  });
});

describe('a crash point', () => {
  const read = (env: Record<string, string>) => {
    const needed = { ONSALE_PORT: '1', ONSALE_OPS_PORT: '2', ONSALE_PRINCIPAL_PUBLIC_KEYS_FILE: 'keys' };
    return crashOf(readConfig({ ...commonSettings, ...crashSettings }, { ...needed, ...env }));
  };
  const armed = { ONSALE_CRASH_AT: 'lock:do/after-commit#20', ONSALE_CRASH_LOG: '/crashes' };

  it('is not armed unless it is asked for', () => {
    expect(read({})).toBeUndefined();
    expect(read({ ONSALE_MODE: 'development', ...armed })).toEqual({
      name: 'lock:do',
      moment: 'after-commit',
      nth: 20,
      log: '/crashes',
    });
  });

  it('is refused in production, which is the mode when none is said', () => {
    expect(() => read(armed)).toThrow(/ONSALE_CRASH_AT: production/);
  });

  it('is refused when it is malformed, or has no file for its log', () => {
    expect(() => read({ ONSALE_MODE: 'development', ...armed, ONSALE_CRASH_AT: 'lock:do' })).toThrow(/ONSALE_CRASH_AT: must be/);
    expect(() => read({ ONSALE_MODE: 'development', ONSALE_CRASH_AT: armed.ONSALE_CRASH_AT })).toThrow(/ONSALE_CRASH_LOG/);
  });
});

describe('the URL of Redis', () => {
  const messageOf = (url: string): string => {
    try {
      readConfig(redisSettings, { ONSALE_REDIS_URL: url });
      return '';
    } catch (error) {
      return (error as ConfigError).message;
    }
  };

  it('may name one, sentinels or a cluster', () => {
    for (const url of ['redis://h/0', 'rediss+sentinel://s1,s2/onsale', 'redis+cluster://c1:7000,c2']) expect(messageOf(url)).toBe('');
  });

  it('is refused by its name and with what is wrong, never told', () => {
    expect(messageOf('redis+sentinel://:hunter2@s1')).toMatch(/ONSALE_REDIS_URL: must end in \/<name of the master>/);
    expect(messageOf('http://:hunter2@s1')).toMatch(/ONSALE_REDIS_URL: must be redis:/);
    expect(messageOf('redis+sentinel://:hunter2@s1')).not.toContain('hunter2');
  });
});

describe('readJwks', () => {
  it('refuses development keys in production alone', () => {
    const path = file(JSON.stringify({ keys: [{ kid: 'dev-1', kty: 'OKP' }] }));
    expect(readJwks(path, 'development').keys).toHaveLength(1);
    expect(() => readJwks(path, 'production')).toThrow(/development keys/);
    expect(() => readJwks('/nowhere', 'development')).toThrow('/nowhere: cannot be read (ENOENT)');
    expect(() => readJwks(file('{'), 'development')).toThrow(/does not hold the keys/);
  });
});
