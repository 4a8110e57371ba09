import { afterAll, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolders } from '@onsale/shared/testing';
import { readSettings } from './config.ts';

const folders = temporaryFolders();
afterAll(folders.remove);

const keys = join(folders.make(), 'keys.json');
writeFileSync(keys, JSON.stringify({ keys: [{ kid: 'gateway-1', kty: 'OKP' }] }));
const needed = {
  ONSALE_PORT: '8083',
  ONSALE_OPS_PORT: '9083',
  ONSALE_PRINCIPAL_PUBLIC_KEYS_FILE: keys,
  ONSALE_MYSQL_URL: 'mysql://u@h/onsale_payment',
  ONSALE_REDIS_URL: 'redis://h:6379/0',
  ONSALE_KAFKA_BROKERS: 'a:9092,b:9092',
};

describe('the settings', () => {
  it('ask for 1,000 points a charge, read the ends of payments, and send again after 5 s, unless said otherwise', () => {
    expect(readSettings(needed)).toMatchObject({
      chargeMinimum: 1000,
      endsPolling: true,
      sagas: { sweepMs: 1000, retryAfterMs: 15_000, flagAfter: 10 },
      kafka: { brokers: ['a:9092', 'b:9092'] },
    });
  });

  it('take what is said', () => {
    expect(readSettings({ ...needed, ONSALE_CHARGE_MINIMUM: '1', ONSALE_ENDS_POLLING: 'off' })).toMatchObject({
      chargeMinimum: 1,
      endsPolling: false,
    });
  });

  it('name everything that is missing or wrong at once', () => {
    expect(() => readSettings({ ONSALE_CHARGE_MINIMUM: '0.5' })).toThrow(/ONSALE_PORT[^]*ONSALE_MYSQL_URL[^]*ONSALE_CHARGE_MINIMUM/);
  });
});
