import { randomBytes } from 'node:crypto';
import { testEngine } from './test-engine.ts';

export interface TestKafka {
  readonly brokers: string[];
  /** Prefix of this spec's topics and groups. */
  readonly namespace: string;
}

/** The brokers of the tests, and a namespace that nobody else has. */
export const testKafka = (): TestKafka => ({
  brokers: testEngine('ONSALE_TEST_KAFKA_BROKERS').split(','),
  namespace: `test-${randomBytes(6).toString('hex')}`,
});
