import { z } from 'zod';

/** `http(s)://host:port` of a replica: where it is, and nothing of what it is asked. */
export const Origin = z
  .url({ protocol: /^https?$/ })
  .refine((text) => {
    const { pathname, search, hash, username } = new URL(text);
    return pathname === '/' && search === '' && hash === '' && username === '';
  }, 'an origin, without a path')
  .transform((text) => new URL(text));
