import { readFileSync, statSync } from 'node:fs';
import { afterAll, describe, expect, it } from '@jest/globals';
import { temporaryFolders } from '@onsale/shared/testing';
import { developmentKeys } from './development-keys.ts';
import { homeSecret } from './home-secret.ts';

const folders = temporaryFolders();
afterAll(folders.remove);
const newFolder = folders.make;
const read = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as { keys: Record<string, string>[] } & Record<string, string>;

describe('developmentKeys', () => {
  it('makes keys that production refuses, readable by their owner alone', () => {
    const files = developmentKeys(newFolder());
    expect(read(files.principalPrivate).kid).toMatch(/^dev-/);
    expect(read(files.accessPrivate).keys[0]?.kid).toMatch(/^dev-/);
    for (const path of Object.values(files)) expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('gives the services the public half of the key that the gateway signs with, and no more', () => {
    const files = developmentKeys(newFolder());
    const { d, ...rest } = read(files.principalPrivate);
    expect(d).toBeDefined();
    expect(read(files.principalPublic).keys).toEqual([rest]);
  });

  it('keeps them from one start to the next', () => {
    const folder = newFolder();
    const before = Object.values(developmentKeys(folder)).map(read);
    expect(Object.values(developmentKeys(folder)).map(read)).toEqual(before);
  });
});

describe('homeSecret', () => {
  it('is the same in one home, and differs by purpose and by home', () => {
    const [one, other] = [newFolder(), newFolder()];
    const secret = homeSecret(one, 'a');
    expect(secret).toMatch(/^[A-Za-z0-9_-]{24}$/);
    expect(homeSecret(one, 'a')).toBe(secret);
    expect(new Set([secret, homeSecret(one, 'b'), homeSecret(other, 'a')]).size).toBe(3);
  });
});
