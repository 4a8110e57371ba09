import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { temporaryFolders } from '@onsale/shared/testing';
import { readSettings } from './config.ts';

const folders = temporaryFolders();
const folder = folders.make();
afterAll(folders.remove);

const keyFile = (kid: string, half: 'privateKey' | 'publicKey' = 'privateKey'): string => {
  const path = join(folder, `${kid}-${half}.json`);
  const key = generateKeyPairSync('ed25519')[half].export({ format: 'jwk' });
  writeFileSync(path, JSON.stringify({ keys: [{ ...key, kid }] }));
  return path;
};
const environment = (more: Record<string, string> = {}) => ({
  ONSALE_PORT: '8084',
  ONSALE_OPS_PORT: '9084',
  ONSALE_MYSQL_URL: 'mysql://localhost/onsale_commerce',
  ONSALE_REDIS_URL: 'redis://localhost',
  ONSALE_KAFKA_BROKERS: 'localhost:9092',
  ONSALE_PRINCIPAL_PUBLIC_KEYS_FILE: keyFile('gateway-1', 'publicKey'),
  ONSALE_ACCESS_PRIVATE_KEYS_FILE: keyFile('access-1'),
  ...more,
});

describe('the settings of commerce', () => {
  it('are those of the design unless said otherwise, production among them', () => {
    expect(readSettings(environment())).toMatchObject({
      mode: 'production',
      accessLifeSeconds: 600,
      refreshLifeSeconds: 30 * 24 * 3600,
      refreshGraceMs: 10_000,
      signIns: { failures: 10 },
    });
  });

  it('let a load test sign in in development', () => {
    expect(readSettings(environment({ ONSALE_MODE: 'development' })).signIns.failures).toBe(100_000);
    expect(readSettings(environment({ ONSALE_MODE: 'development', ONSALE_SIGN_IN_FAILURES: '4' })).signIns.failures).toBe(4);
  });

  it('refuse development keys in production', () => {
    const keys = { ONSALE_ACCESS_PRIVATE_KEYS_FILE: keyFile('dev-access') };
    expect(() => readSettings(environment(keys))).toThrow(/development keys/);
    expect(readSettings(environment({ ...keys, ONSALE_MODE: 'development' })).accessKeys.keys).toHaveLength(1);
  });

  it('refuse a key that cannot sign, and tokens that outlive the deny-list', () => {
    expect(() => readSettings(environment({ ONSALE_ACCESS_PRIVATE_KEYS_FILE: keyFile('access-1', 'publicKey') }))).toThrow(
      /private Ed25519/,
    );
    expect(() => readSettings(environment({ ONSALE_ACCESS_TOKEN_SECONDS: '601' }))).toThrow(/ONSALE_ACCESS_TOKEN_SECONDS/);
  });
});
