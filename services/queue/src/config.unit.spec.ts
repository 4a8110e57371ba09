import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { temporaryFolders } from '@onsale/shared/testing';
import { readSettings } from './config.ts';

const folders = temporaryFolders();
afterAll(folders.remove);

const file = (value: unknown): string => {
  const path = join(folders.make(), 'value.json');
  writeFileSync(path, JSON.stringify(value));
  return path;
};
const env = (kid = 'k1') => ({
  ONSALE_PORT: '8081',
  ONSALE_OPS_PORT: '9081',
  ONSALE_MYSQL_URL: 'mysql://root@localhost/onsale_queue',
  ONSALE_REDIS_URL: 'redis://localhost',
  ONSALE_PRINCIPAL_PUBLIC_KEYS_FILE: file({ keys: [{ kid, kty: 'OKP' }] }),
  ONSALE_QUEUE_TOKEN_SECRETS_FILE: file([{ kid, secret: 's'.repeat(32) }]),
});

describe('readSettings', () => {
  it('needs engines, ports and keys alone; without brokers there is no Kafka', () => {
    expect(readSettings(env())).toMatchObject({
      mode: 'production',
      kafka: { brokers: [] },
      tickMs: 250,
      queueDefaults: {
        cap: 100,
        windowSeconds: 600,
        abandonAfterSeconds: 120,
        onExpiry: 'end',
        tokenLifeSeconds: 86_400,
        maxPollSeconds: 30,
        lanes: [],
      },
      capacityPerSeat: 1.1,
    });
    expect(readSettings({ ...env(), ONSALE_KAFKA_BROKERS: 'a:9092,b:9092' }).kafka.brokers).toEqual(['a:9092', 'b:9092']);
  });

  it('names every wrong setting at once', () => {
    expect(() => readSettings({ ...env(), ONSALE_QUEUE_TICK_MS: '0', ONSALE_QUEUE_ON_EXPIRY: 'never' })).toThrow(
      /ONSALE_QUEUE_TICK_MS[^]*ONSALE_QUEUE_ON_EXPIRY/,
    );
  });

  it('refuses development secrets in production', () => {
    expect(() => readSettings(env('dev-1'))).toThrow(/development keys/);
  });
});
