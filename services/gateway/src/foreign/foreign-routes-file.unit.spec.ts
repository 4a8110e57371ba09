import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigError } from '@onsale/shared/config';
import { temporaryFolders } from '@onsale/shared/testing';
import { afterAll, describe, expect, it } from '@jest/globals';
import { readForeignRoutes } from './foreign-routes-file.ts';

const folders = temporaryFolders();
afterAll(folders.remove);

const file = (text: string): string => {
  const path = join(folders.make(), 'routes.json');
  writeFileSync(path, text);
  return path;
};
const origins = ['http://shop:3000'];
const open = (prefix: string, rest: object = {}) => ({ prefix, origins, gate: 'none', ...rest });
const gated = (prefix: string, rest: object = {}) => ({ prefix, origins, gate: 'admitted', queueId: 'drop', ...rest });

const problemsOf = (routes: unknown): readonly string[] => {
  try {
    readForeignRoutes(file(JSON.stringify(routes)));
    return [];
  } catch (error) {
    return (error as ConfigError).problems;
  }
};

describe('the file of foreign routes', () => {
  it('says where a service is, which queue stands before it, and what may be sent there', () => {
    const [first, second] = readForeignRoutes(
      file(JSON.stringify([gated('/shop'), open('/shop/assets', { auth: 'member', maxBodyBytes: 0 })])),
    );
    expect(first).toEqual({
      prefix: '/shop',
      exact: false,
      origins: [new URL('http://shop:3000')],
      gate: 'admitted',
      queueId: 'drop',
      auth: 'member',
      maxBodyBytes: 1_048_576,
      pass: [],
    });
    expect(second).toMatchObject({ gate: 'none', auth: 'member', maxBodyBytes: 0 });
  });

  it.each([
    ['opens what is closed around it', [gated('/'), open('/assets'), open('/', { exact: true })]],
    ['stands beside others', [open('/products'), gated('/checkout'), gated('/vip', { queueId: 'other' })]],
  ])('takes what %s', (_what, routes) => expect(problemsOf(routes)).toEqual([]));

  it.each([
    ['a gate within what is open', [open('/'), gated('/checkout')], /\/checkout is closed within \/, which is more open/],
    ['the same by another spelling', [open('/Shop'), gated('/shop/buy')], /is closed within/],
    ['a sign-in within what is open', [open('/shop'), open('/shop/me', { auth: 'member' })], /is closed within/],
    ['another queue within a gate', [gated('/shop'), gated('/shop/vip', { queueId: 'vip' })], /is closed within/],
    ['a prefix twice', [open('/shop'), open('/SHOP')], /twice/],
    ['a gate without a queue', [{ prefix: '/shop', origins, gate: 'admitted' }], /queueId/],
    ['a queue without a gate', [open('/shop', { queueId: 'drop' })], /queueId/],
    ['strangers at a gate', [gated('/shop', { auth: 'none' })], /auth/],
    ['paths of the gateway', [open('/api/v1/queues')], /own/],
    ['a slash at the end', [open('/shop/')], /\/0\/prefix/],
    ['a step through folders', [open('/shop/../x')], /folders/],
    ['an encoded prefix', [open('/sh%6fp')], /words/],
    ['an origin with a path', [open('/shop', { origins: ['http://shop/x'] })], /\/0\/origins\/0/],
    ['an origin that is none', [open('/shop', { origins: ['file:///etc'] })], /\/0\/origins\/0/],
    ['no origin', [open('/shop', { origins: [] })], /\/0\/origins/],
    ['what it does not know', [open('/shop', { gates: 1 })], /gates/],
    ['what is no list', {}, /array/],
  ])('refuses %s', (_what, routes, problem) => expect(problemsOf(routes).join('\n')).toMatch(problem));

  it('says when it cannot be read, or is no JSON', () => {
    expect(() => readForeignRoutes('/nowhere/at/all')).toThrow(/ENOENT/);
    expect(() => readForeignRoutes(file('{'))).toThrow(/JSON/);
  });
});
