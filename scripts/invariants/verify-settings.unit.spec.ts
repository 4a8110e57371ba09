import { describe, expect, it } from '@jest/globals';
import { CannotGoOn } from '../engines/engines.ts';
import { readVerifySettings } from './verify-settings.ts';

const external = {
  ONSALE_PAYMENT_MYSQL_URL: 'mysql://p@db/payment',
  ONSALE_RESERVATION_MYSQL_URL: 'mysql://r@db/reservation',
  ONSALE_QUEUE_MYSQL_URL: 'mysql://q@db/queue',
  ONSALE_COMMERCE_MYSQL_URL: 'mysql://c@db/commerce',
  ONSALE_REDIS_URL: 'redis://cache:6379/0',
};

describe('the settings of verify:invariants', () => {
  it('mean the fleet of this checkout when they name no stores', () => {
    expect(readVerifySettings([], { ONSALE_REDIS_URL: 'redis://engine' })).toEqual({});
  });

  it('take flags in seconds, and a time', () => {
    const args = ['--operations', 'o.ndjson', '--healed-at', '2026-01-31T12:00:00Z', '--saga-seconds', '5', '--message-seconds', '6'];
    expect(readVerifySettings([...args, '--patience', '7'], {})).toEqual({
      operations: 'o.ndjson',
      healedAt: new Date('2026-01-31T12:00:00Z'),
      sagaSeconds: 5,
      messageSeconds: 6,
      patienceMs: 7_000,
    });
  });

  it('name stores elsewhere', () => {
    expect(readVerifySettings([], { ...external, ONSALE_NAMESPACE: 'shop', ONSALE_KAFKA_BROKERS: 'kafka:9092' }).stores).toEqual({
      databases: {
        payment: 'mysql://p@db/payment',
        reservation: 'mysql://r@db/reservation',
        queue: 'mysql://q@db/queue',
        commerce: 'mysql://c@db/commerce',
      },
      redisUrl: 'redis://cache:6379/0',
      namespace: 'shop',
      kafkaBrokers: 'kafka:9092',
    });
  });

  it.each([
    ['some stores without the others', [], { ONSALE_QUEUE_MYSQL_URL: 'mysql://q@db/queue' }, 'ONSALE_PAYMENT_MYSQL_URL'],
    ['a flag that there is not', ['--nonsense'], {}, 'usage'],
    ['seconds that are none', ['--patience', 'x'], {}, '--patience'],
    ['a time that is none', ['--healed-at', 'yesterday'], {}, '--healed-at'],
  ] as const)('refuse %s, and say which', (_what, args, env, told) => {
    expect(() => readVerifySettings([...args], env)).toThrow(CannotGoOn);
    expect(() => readVerifySettings([...args], env)).toThrow(told);
  });
});
