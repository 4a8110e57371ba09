import { readConfig, readSecrets, serviceOf, serviceSettings, setting, type Env } from '@onsale/shared/config';
import { z } from 'zod';
import type { QueueSettings } from './queues/queue.ts';

const queueSettings = {
  ONSALE_QUEUE_TOKEN_SECRETS_FILE: setting.text({
    about: 'file with `[{kid, secret}]`, the same at the gateway: the first signs queue tokens, all verify them',
  }),
  ONSALE_QUEUE_TICK_MS: setting.int({ default: 250, min: 10, about: 'milliseconds between ticks of admission, jittered' }),
  ONSALE_QUEUE_DEFAULT_CAP: setting.int({
    default: 100,
    max: 1_000_000,
    about: 'admitted at once to the queue of a new schedule (comparable systems run 100 to 6,000)',
  }),
  ONSALE_QUEUE_CAPACITY_PER_SEAT: setting.number({
    default: 1.1,
    min: 0.001,
    max: 1000,
    about: 'places in the queue of a new schedule, for each of its seats (110 %)',
  }),
  ONSALE_QUEUE_WINDOW_SECONDS: setting.int({
    default: 600,
    min: 1,
    max: 86_400,
    about: 'how long an admission lasts where nothing else is said (10 min; comparable systems take 5 to 10)',
  }),
  ONSALE_QUEUE_ABANDON_AFTER_SECONDS: setting.int({
    default: 120,
    min: 1,
    max: 86_400,
    about: 'a waiter near the head who has not been seen for so long is passed over',
  }),
  ONSALE_QUEUE_NO_SHOW_AFTER_SECONDS: setting.int({
    default: 0,
    min: 0,
    max: 86_400,
    about:
      'an admission whose owner never came for so long is ended early; 0: none is, as a window is a promise that only the operator may shorten',
  }),
  ONSALE_QUEUE_ON_EXPIRY: z
    .enum(['end', 'requeue'])
    .default('end')
    .describe('requeue: who shows an expired place has a new number from that moment; end: who asks for one'),
  ONSALE_QUEUE_TOKEN_LIFE_SECONDS: setting.int({
    default: 86_400,
    min: 1,
    max: 604_800,
    about: 'longest wait of a token (24 h)',
  }),
  ONSALE_QUEUE_JOURNAL_DAYS: setting.int({
    default: 30,
    min: 15,
    max: 3650,
    about: 'how long ended numbers are remembered; at least twice the longest life of a token, and a day',
  }),
  ONSALE_QUEUE_MAX_POLL_SECONDS: setting.int({
    default: 30,
    min: 1,
    max: 300,
    about: 'longest rest between two looks of a waiter; also how long a lost line waits for those in it',
  }),
};

/** Without brokers the queue serves any shop: it has no consumer and sends nothing. */
const brokerSettings = {
  ONSALE_KAFKA_BROKERS: setting.list({ default: '', about: 'host:port, comma separated; none: no Kafka' }),
};

/** The settings of the service. @throws ConfigError naming every wrong one; Error when a key file is not usable, or of development in production */
export const readSettings = (env: Env = process.env) => {
  const e = readConfig({ ...serviceSettings, ...brokerSettings, ...queueSettings }, env);
  const queueDefaults: QueueSettings = {
    cap: e.ONSALE_QUEUE_DEFAULT_CAP,
    admitPerSecond: undefined,
    capacity: undefined,
    windowSeconds: e.ONSALE_QUEUE_WINDOW_SECONDS,
    noShowAfterSeconds: e.ONSALE_QUEUE_NO_SHOW_AFTER_SECONDS === 0 ? undefined : e.ONSALE_QUEUE_NO_SHOW_AFTER_SECONDS,
    abandonAfterSeconds: e.ONSALE_QUEUE_ABANDON_AFTER_SECONDS,
    onExpiry: e.ONSALE_QUEUE_ON_EXPIRY,
    tokenLifeSeconds: e.ONSALE_QUEUE_TOKEN_LIFE_SECONDS,
    maxPollSeconds: e.ONSALE_QUEUE_MAX_POLL_SECONDS,
    lanes: [],
    message: undefined,
  };
  return {
    ...serviceOf(e),
    tokenSecrets: readSecrets(e.ONSALE_QUEUE_TOKEN_SECRETS_FILE, e.ONSALE_MODE),
    tickMs: e.ONSALE_QUEUE_TICK_MS,
    queueDefaults,
    capacityPerSeat: e.ONSALE_QUEUE_CAPACITY_PER_SEAT,
    journalDays: e.ONSALE_QUEUE_JOURNAL_DAYS,
  };
};

export type Settings = ReturnType<typeof readSettings>;
