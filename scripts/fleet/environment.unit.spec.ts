import { describe, expect, it } from '@jest/globals';
import { environmentOf } from './environment.ts';
import { findPlaces, serviceNames } from './services.ts';

const keys = {
  principalPrivate: '/keys/principal-private',
  principalPublic: '/keys/principal-public',
  accessPrivate: '/keys/access-private',
  queueTokenSecrets: '/keys/queue-token-secrets',
};

const environments = async ({ settings = {}, outer = {} }: { settings?: object; outer?: NodeJS.ProcessEnv } = {}) => {
  const places = await findPlaces({ replicas: { payment: 2 }, isFree: async () => true });
  const shared = { places, host: '0.0.0.0', namespace: 'onsale', redisUrl: 'redis://r/0', kafkaBrokers: 'k:9092', keys, settings, outer };
  const databases = {
    queue: 'mysql://queue',
    reservation: 'mysql://reservation',
    payment: 'mysql://payment',
    commerce: 'mysql://commerce',
  };
  const entries = places.map((place) => [place.name, environmentOf({ place, databases, ...shared })] as const);
  return Object.fromEntries(entries) as Record<string, Record<string, string | undefined>>;
};

const holders = (all: Record<string, Record<string, string | undefined>>, name: string) =>
  serviceNames.filter((service) => all[service]?.[name] !== undefined);

describe('environmentOf', () => {
  it('gives every secret to those alone that need it', async () => {
    const all = await environments();
    expect(holders(all, 'ONSALE_PRINCIPAL_PRIVATE_KEY_FILE')).toEqual(['gateway']);
    expect(holders(all, 'ONSALE_ACCESS_PRIVATE_KEYS_FILE')).toEqual(['commerce']);
    expect(holders(all, 'ONSALE_QUEUE_TOKEN_SECRETS_FILE')).toEqual(['gateway', 'queue']);
    expect(holders(all, 'ONSALE_PRINCIPAL_PUBLIC_KEYS_FILE')).toEqual([...serviceNames]);
    expect(holders(all, 'ONSALE_MYSQL_URL')).toEqual(['queue', 'reservation', 'payment', 'commerce']);
    expect(all.payment?.ONSALE_MYSQL_URL).toBe('mysql://payment');
  });

  it('tells the gateway of every replica, and lets it alone be reached from elsewhere', async () => {
    const { gateway, payment } = await environments();
    expect(gateway?.ONSALE_PAYMENT_URLS).toBe('http://127.0.0.1:8083,http://127.0.0.1:8093');
    expect([gateway?.ONSALE_HOST, payment?.ONSALE_HOST]).toEqual(['0.0.0.0', '127.0.0.1']);
  });

  it('lets no setting of the shell or of a test runner leak in', async () => {
    const outer = { PATH: '/bin', NODE_OPTIONS: '--experimental-vm-modules', NODE_ENV: 'test', ONSALE_MYSQL_URL: 'mysql://elsewhere' };
    const { gateway } = await environments({ outer });
    expect(gateway).toMatchObject({ PATH: '/bin', ONSALE_MODE: 'development' });
    expect(Object.keys(gateway as object)).not.toEqual(expect.arrayContaining(['NODE_OPTIONS']));
    expect([gateway?.NODE_ENV, gateway?.ONSALE_MYSQL_URL]).toEqual([undefined, undefined]);
  });

  it('sets what is asked for, for all and then for one service', async () => {
    const { queue, payment } = await environments({ settings: { all: { ONSALE_A: '1', ONSALE_B: '1' }, payment: { ONSALE_B: '2' } } });
    expect([queue?.ONSALE_A, queue?.ONSALE_B, payment?.ONSALE_A, payment?.ONSALE_B]).toEqual(['1', '1', '1', '2']);
  });
});
