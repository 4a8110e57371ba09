import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigError } from '@onsale/shared/config';
import { temporaryFolders } from '@onsale/shared/testing';
import { afterAll, describe, expect, it } from '@jest/globals';
import { readSettings } from './config.ts';

const folders = temporaryFolders();
afterAll(folders.remove);

const file = (value: unknown): string => {
  const path = join(folders.make(), 'value.json');
  writeFileSync(path, JSON.stringify(value));
  return path;
};
const env = {
  ONSALE_PORT: '8080',
  ONSALE_OPS_PORT: '9080',
  ONSALE_REDIS_URL: 'redis://localhost',
  ONSALE_QUEUE_URLS: 'http://queue:8081',
  ONSALE_PRINCIPAL_PRIVATE_KEY_FILE: file({ kid: 'k', kty: 'OKP' }),
  ONSALE_PRINCIPAL_PUBLIC_KEYS_FILE: file({ keys: [{ kid: 'k', kty: 'OKP' }] }),
  ONSALE_QUEUE_TOKEN_SECRETS_FILE: file([{ kid: 'k', secret: 's'.repeat(32) }]),
};
const identity = {
  ONSALE_IDENTITY_JWKS_URL: 'https://id.example/keys',
  ONSALE_IDENTITY_ISSUER: 'https://id.example/',
  ONSALE_IDENTITY_AUDIENCE: 'shop',
};
const problemsOf = (given: Record<string, string>): string => {
  try {
    readSettings(given);
    return '';
  } catch (error) {
    return (error as ConfigError).problems.join('\n');
  }
};

describe('readSettings', () => {
  it('takes members from commerce, with the services that are there', () => {
    const settings = readSettings({ ...env, ONSALE_COMMERCE_URLS: 'http://a:1,http://b:2' });
    expect(settings.replicas).toEqual({
      queue: [new URL('http://queue:8081')],
      commerce: [new URL('http://a:1'), new URL('http://b:2')],
      reservation: undefined,
      payment: undefined,
    });
    expect([settings.identity, settings.foreignRoutes]).toEqual([undefined, []]);
  });

  it('takes members from an identity provider, in front of a service that is not ours', () => {
    const routes = file([{ prefix: '/shop', origins: ['http://shop:3000'], gate: 'admitted', queueId: 'drop' }]);
    const settings = readSettings({ ...env, ...identity, ONSALE_IDENTITY_ALGORITHMS: 'ES256', ONSALE_FOREIGN_ROUTES_FILE: routes });
    expect(settings.identity).toEqual({
      jwksUrl: new URL('https://id.example/keys'),
      deadlineMs: 2000,
      tokens: {
        issuer: 'https://id.example/',
        audience: 'shop',
        algorithms: ['ES256'],
        memberClaim: 'sub',
        roleClaim: undefined,
        operatorRole: 'operator',
        lanesClaim: undefined,
      },
    });
    expect(settings.foreignRoutes).toMatchObject([{ prefix: '/shop', queueId: 'drop' }]);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['nobody who knows members', {}, /ONSALE_COMMERCE_URLS or ONSALE_IDENTITY_JWKS_URL is required/],
    [
      'two who know members',
      { ...identity, ONSALE_COMMERCE_URLS: 'http://a:1' },
      /ONSALE_COMMERCE_URLS: its members are those of commerce/,
    ],
    ['strangers at our own shop', { ...identity, ONSALE_PAYMENT_URLS: 'http://a:1' }, /ONSALE_PAYMENT_URLS/],
    ['a provider without its name', { ONSALE_IDENTITY_JWKS_URL: 'https://id.example' }, /_ISSUER is required[^]*_AUDIENCE is required/],
    ['keys that come in the clear', { ...identity, ONSALE_IDENTITY_JWKS_URL: 'http://id.example' }, /must be https in production/],
    [
      'a signature that anybody can make',
      { ...identity, ONSALE_IDENTITY_ALGORITHMS: 'ES256,HS256' },
      /ONSALE_IDENTITY_ALGORITHMS: some of/,
    ],
    ['no signature', { ...identity, ONSALE_IDENTITY_ALGORITHMS: 'none' }, /ONSALE_IDENTITY_ALGORITHMS/],
    ['a replica that is a path', { ...identity, ONSALE_QUEUE_URLS: 'http://queue/x' }, /ONSALE_QUEUE_URLS/],
  ])('refuses %s', (_what, given, problem) => expect(problemsOf({ ...env, ...given })).toMatch(problem));

  it('lets keys come in the clear in development', () => {
    expect(problemsOf({ ...env, ...identity, ONSALE_MODE: 'development', ONSALE_IDENTITY_JWKS_URL: 'http://127.0.0.1:3000/keys' })).toBe(
      '',
    );
  });
});
