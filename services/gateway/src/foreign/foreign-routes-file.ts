import { readFileSync } from 'node:fs';
import { QueueId } from '@onsale/contracts';
import { ConfigError } from '@onsale/shared/config';
import { z } from 'zod';
import { Origin } from '../upstream/origin.ts';
import { reserves } from './reserved.ts';

const MIB = 1_048_576;

/** Plain words between slashes: what has one spelling alone. */
const Prefix = z
  .string()
  .regex(/^\/(?:[\w.~-]+(?:\/[\w.~-]+)*)?$/, 'must be like /shop/checkout: words of letters, digits, ., _, ~ and -, no slash at the end')
  .refine((prefix) => !prefix.split('/').some((word) => /^\.+$/.test(word)), 'must not step through folders')
  .refine((prefix) => !reserves(prefix), "must not be one of the gateway's own");

const ForeignRoute = z
  .strictObject({
    prefix: Prefix,
    /** The path itself, and nothing below it. */
    exact: z.boolean().default(false),
    origins: z.array(Origin).min(1),
    gate: z.enum(['admitted', 'none']),
    queueId: QueueId.optional(),
    auth: z.enum(['member', 'none']).optional(),
    maxBodyBytes: z
      .int()
      .min(0)
      .max(1024 * MIB)
      .default(MIB),
    /** Credentials that are the service's own as well, and are passed on to it. */
    pass: z.array(z.enum(['authorization', 'cookie'])).default([]),
  })
  .refine(({ gate, queueId }) => (gate === 'admitted') === (queueId !== undefined), 'has a queueId exactly when its gate is admitted')
  .refine(({ gate, auth }) => gate === 'none' || auth !== 'none', 'who is admitted is a member: auth cannot be none')
  .transform((route) => ({ ...route, auth: route.auth ?? (route.gate === 'admitted' ? ('member' as const) : ('none' as const)) }));

export type ForeignRoute = z.output<typeof ForeignRoute>;

const strictnessOf = ({ gate, auth }: ForeignRoute): number => (gate === 'admitted' ? 2 : auth === 'member' ? 1 : 0);
const isBelow = (inner: ForeignRoute, outer: ForeignRoute): boolean =>
  inner !== outer &&
  !outer.exact &&
  (outer.prefix === '/' || `${inner.prefix}/`.toLowerCase().startsWith(`${outer.prefix}/`.toLowerCase()));

/**
 * A narrower route may only open what the wider closes: a spelling that the gateway does not know for the narrower one falls to the wider, and must
 * not find it more open.
 */
const faultOf = (inner: ForeignRoute, outer: ForeignRoute): string | undefined => {
  if (!isBelow(inner, outer)) return undefined;
  const [within, around] = [strictnessOf(inner), strictnessOf(outer)];
  if (within < around || (within === around && inner.queueId === outer.queueId)) return undefined;
  return `${inner.prefix} is closed within ${outer.prefix}, which is more open: close ${outer.prefix}, and open what may be open in it`;
};

const Routes = z.array(ForeignRoute).superRefine((routes, context) => {
  const say = (message: string | undefined, at: number): void => {
    if (message !== undefined) context.addIssue({ code: 'custom', path: [at], message });
  };
  for (const [at, route] of routes.entries()) {
    const same = routes.findIndex(({ prefix, exact }) => prefix.toLowerCase() === route.prefix.toLowerCase() && exact === route.exact);
    if (same < at) say(`${route.prefix} is there twice`, at);
    else for (const other of routes) say(faultOf(route, other), at);
  }
});

/** Reads the routes of services behind the waiting room. @throws ConfigError naming all that is wrong with the file */
export const readForeignRoutes = (file: string): readonly ForeignRoute[] => {
  let given: unknown;
  try {
    given = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ConfigError([`${file}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'it is not JSON'})`]);
  }
  const read = Routes.safeParse(given);
  if (read.success) return read.data;
  throw new ConfigError(read.error.issues.map(({ path, message }) => `${file}: ${['', ...path].join('/')}: ${message}`));
};
