import { ConfigError } from '@onsale/shared/config';
import { readSettings as commerce } from '../../services/commerce/src/config.ts';
import { readSettings as gateway } from '../../services/gateway/src/config.ts';
import { readSettings as payment } from '../../services/payment/src/config.ts';
import { readSettings as queue } from '../../services/queue/src/config.ts';
import { readSettings as reservation } from '../../services/reservation/src/config.ts';
import { CannotGoOn } from '../engines/engines.ts';
import type { KeyFiles } from '../keys/development-keys.ts';
import { environmentOf, type FleetSettings } from './environment.ts';
import { type ServiceName, serviceNames, servicesWithTables } from './services.ts';

const readers: Record<ServiceName, (env: Record<string, string>) => unknown> = { gateway, queue, reservation, payment, commerce };

/** Stand where engines and ports will be: what matters here are the settings of the shell. */
const places = serviceNames.map((service, n) => ({ service, name: service, port: 1 + n, opsPort: 1_001 + n }));
const somewhere = {
  host: '127.0.0.1',
  namespace: 'onsale',
  databases: Object.fromEntries(servicesWithTables.map((service) => [service, 'mysql://user@127.0.0.1/schema'])),
  redisUrl: 'redis://127.0.0.1/0',
  kafkaBrokers: '127.0.0.1:9092',
  outer: {},
};

/**
 * Reads these settings as every service will, so that a wrong one is told before an engine is started for it.
 * @throws CannotGoOn with a line for each that is wrong
 */
export function checkSettings({ settings, keys }: { settings: FleetSettings; keys: KeyFiles }): void {
  const problems = places.flatMap((place) => {
    try {
      readers[place.service](environmentOf({ place, places, keys, settings, ...somewhere }));
      return [];
    } catch (error) {
      if (error instanceof ConfigError) return error.problems;
      throw error;
    }
  });
  if (problems.length > 0) throw new CannotGoOn(new ConfigError([...new Set(problems)]).message);
}
