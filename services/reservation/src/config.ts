import { readConfig, serviceOf, serviceSettings, setting, type Env } from '@onsale/shared/config';

const reservationSettings = {
  ONSALE_HOLD_SECONDS: setting.int({
    default: 300,
    min: 1,
    about: 'how long seats are kept for a member who has not paid',
  }),
  ONSALE_PAYMENT_GRACE_SECONDS: setting.int({
    default: 60,
    about: 'how much longer while a payment is under way, counted from the end of the hold',
  }),
  ONSALE_SEATS_PER_MEMBER: setting.int({
    default: 8,
    min: 1,
    about: 'seats of one schedule that a member may hold, pay and own together',
  }),
  ONSALE_SWEEP_MS: setting.int({ default: 1000, min: 10, about: 'milliseconds between sweeps for holds that have lapsed' }),
  ONSALE_LOCKS: setting.onOff({
    default: true,
    about:
      'locks in Redis, one a seat and one a member and schedule, which keep a stampede out of the database; off leaves the database alone to decide',
  }),
  ONSALE_LOCK_WAIT_MS: setting.int({ default: 3000, min: 1, about: 'longest wait for the locks of the member and of all wanted seats' }),
  ONSALE_LOCK_LEASE_MS: setting.int({ default: 10_000, min: 100, about: 'a lock ends by itself after this' }),
};

/** The settings of the service. @throws ConfigError naming every wrong one; Error when the key file is not usable, or of development in production */
export const readSettings = (env: Env = process.env) => {
  const e = readConfig({ ...serviceSettings, ...reservationSettings }, env);
  return {
    ...serviceOf(e),
    holds: {
      holdMs: e.ONSALE_HOLD_SECONDS * 1000,
      graceMs: e.ONSALE_PAYMENT_GRACE_SECONDS * 1000,
      seatsPerMember: e.ONSALE_SEATS_PER_MEMBER,
    },
    sweepMs: e.ONSALE_SWEEP_MS,
    locks: { enabled: e.ONSALE_LOCKS, waitMs: e.ONSALE_LOCK_WAIT_MS, leaseMs: e.ONSALE_LOCK_LEASE_MS },
  };
};

export type Settings = ReturnType<typeof readSettings>;
