import { z } from 'zod';
import { codes, type Code } from './codes.ts';
import { route, type Owner, type RouteSpec } from './route.ts';

/** Most who are asked for in one call. */
export const MOST_GATHERED = 200;

/** Why one of many was refused: all that the problem of a request of its own would tell. */
export const Refused = z.object({
  code: z.enum(Object.keys(codes) as [Code, ...Code[]]),
  detail: z.string(),
  retryAfterSeconds: z.number().optional(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  extra: z.record(z.string(), z.unknown()).optional(),
});
export type Refused = z.infer<typeof Refused>;

export const isRefused = (given: object): given is Refused => 'code' in given;

interface Gathered<A extends z.ZodType, G extends z.ZodObject> extends Pick<RouteSpec, 'path' | 'summary'> {
  readonly owner: Owner;
  readonly asked: A;
  /** What one is given who is not refused; it has no member `code`. */
  readonly given: G;
}

/**
 * A route by which the gateway asks a service for many members in one call: each is answered by itself, in the order of those who asked. It answers the same to
 * whoever is asked for again.
 */
export const gatheredRoute = <A extends z.ZodType, G extends z.ZodObject>({ owner, path, summary, asked, given }: Gathered<A, G>) =>
  route({
    owner,
    method: 'POST',
    path,
    summary,
    auth: 'gateway',
    gate: 'none',
    body: z.strictObject({ asked: z.array(asked).min(1).max(MOST_GATHERED) }),
    answers: { 200: z.object({ given: z.array(z.union([given, Refused])) }) },
    problems: [],
  });
