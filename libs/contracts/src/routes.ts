import * as commerce from './commerce/index.ts';
import * as gateway from './gateway/index.ts';
import * as payment from './payment/index.ts';
import * as queue from './queue/index.ts';
import * as reservation from './reservation/index.ts';
import type { RouteSpec } from './route.ts';

const isRoute = (value: unknown): value is RouteSpec =>
  typeof value === 'object' && value !== null && 'method' in value && 'answers' in value;

/** Every route of the fleet, by name: found among the exports, so that none can be forgotten. */
export const routes: Readonly<Record<string, RouteSpec>> = Object.fromEntries(
  [gateway, queue, reservation, payment, commerce].flatMap((owner) =>
    Object.entries(owner as Record<string, unknown>).flatMap(([name, value]) => (isRoute(value) ? [[name, value] as const] : [])),
  ),
);
