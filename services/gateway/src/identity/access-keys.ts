import { loop, type Part } from '@onsale/shared/lifecycle';
import type { Log } from '@onsale/shared/log';
import type { Authentication } from './authenticate.ts';

/** How soon a key that commerce has withdrawn is forgotten; a new one is fetched when a token first names it. */
const REFRESH_MS = 60_000;

/** Keeps the keys of access tokens fresh. Commerce away: those that are known are kept, readiness says so while there are none. */
export const createAccessKeys = ({ authentication, log }: { authentication: Authentication; log: Log }) => {
  let away = false;
  const part: Part = loop({
    name: 'access-keys',
    everyMs: REFRESH_MS,
    turn: async () => {
      await authentication.refreshKeys();
      away = false;
    },
    onError: (error) => {
      if (!away) log.warn({ err: error }, 'the keys of access tokens could not be fetched');
      away = true;
    },
  });
  return {
    part,
    /** Readiness: rejects while no member could be told from a stranger. */
    check: async (): Promise<void> => {
      await authentication.keys();
    },
  };
};
