import type { RouteSpec } from '@onsale/contracts';
import type { Entry, Match } from '../door/route-table.ts';
import type { ForeignRoute } from './foreign-routes-file.ts';
import type { ForeignService } from './foreign-service.ts';
import { reserves } from './reserved.ts';
import { spellingFault } from './spelling.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
type Method = (typeof METHODS)[number];
const ALLOW = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** What the door has to know of a foreign route, in the words of the contracts. */
const specOf = ({ prefix, auth, gate, maxBodyBytes }: ForeignRoute, method: Method): RouteSpec => ({
  owner: 'gateway',
  method,
  path: prefix as `/${string}`,
  summary: 'A service behind the waiting room',
  auth,
  gate,
  answers: {},
  problems: [],
  maxBodyBytes,
});

const methodOf = (method: string): Method | undefined => METHODS.find((known) => known === (method === 'HEAD' ? 'GET' : method));

const takes = ({ prefix, exact }: ForeignRoute, path: string): boolean =>
  path === prefix || (!exact && path.startsWith(prefix === '/' ? '/' : `${prefix}/`));

/** Narrower ones first; of two with one prefix the one that is nothing else. */
const byNarrowness = (a: ForeignRoute, b: ForeignRoute): number => b.prefix.length - a.prefix.length || Number(b.exact) - Number(a.exact);

interface Placed {
  readonly route: ForeignRoute;
  readonly entries: Readonly<Record<Method, Entry>>;
}

const placed = (route: ForeignRoute, foreign: ForeignService): Placed => ({
  route,
  entries: Object.fromEntries(
    METHODS.map((method) => [method, { name: `foreign ${route.prefix}`, spec: specOf(route, method), foreign }]),
  ) as unknown as Record<Method, Entry>,
});

/** The routes of services behind the waiting room, found by the longest prefix, character by character: only plain spellings get on. */
export const createForeignTable = (routes: readonly ForeignRoute[], serviceOf: (route: ForeignRoute) => ForeignService) => {
  const table = routes.toSorted(byNarrowness).map((route) => placed(route, serviceOf(route)));
  return {
    match: (method: string, path: string): Match => {
      const found = reserves(path) ? undefined : table.find(({ route }) => takes(route, path));
      if (found === undefined) return { kind: 'unknown' };
      const fault = spellingFault(path);
      if (fault !== undefined) return { kind: 'misspelt', detail: fault };
      const known = methodOf(method);
      if (known === undefined) return { kind: 'wrong-method', allow: ALLOW };
      const { queueId } = found.route;
      return { kind: 'found', entry: found.entries[known], params: queueId === undefined ? {} : { queueId }, path };
    },
  };
};
