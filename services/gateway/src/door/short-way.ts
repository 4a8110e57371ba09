import type { IncomingMessage, ServerResponse } from 'node:http';
import { pathOf, type RouteSpec } from '@onsale/contracts';
import { hasBody, nameRoute } from '@onsale/shared/http';
import type { TokenReader } from '../gate/gate.ts';
import type { Authentication } from '../identity/authenticate.ts';
import { askingOf } from '../identity/asking.ts';
import type { Limits } from '../limits/limits.ts';
import { createCounting } from './count-caller.ts';
import type { HotAnswer, HotAnswers } from './hot-answers.ts';

export interface ShortWayOptions {
  readonly authentication: Pick<Authentication, 'known'>;
  readonly limits: Limits;
  readonly readToken: TokenReader;
  readonly hot: HotAnswers;
}

interface ShortRoute {
  readonly spec: RouteSpec;
  readonly answer: HotAnswer;
  /** What stands before and behind the one parameter. */
  readonly before: string;
  readonly behind: string;
  readonly param: string;
}

/** Parameters that are spelt as the contract has them. */
const PLAIN: Readonly<Record<string, RegExp>> = {
  queueId: /^[a-z0-9-]{1,40}$/,
  id: /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
};
/** A member is counted by its id. */
const NO_ADDRESS = { ip: undefined };

const shortRouteOf = ([spec, answer]: [RouteSpec, HotAnswer]): ShortRoute => {
  const [, before = '', param = '', behind = ''] = /^(.*)\{(\w+)\}(.*)$/.exec(pathOf(spec)) ?? [];
  if (PLAIN[param] === undefined) throw new Error(`${spec.path} is too much for the short way`);
  return { spec, answer, before, behind, param };
};

const paramOf = ({ before, behind, param }: ShortRoute, url: string): string | undefined => {
  if (!url.startsWith(before) || !url.endsWith(behind)) return undefined;
  const value = url.slice(before.length, -behind.length);
  return PLAIN[param]!.test(value) ? value : undefined;
};

/**
 * The door for members whom it knows, and who ask what everybody asks. What the ordinary way would find out of such a request is known when it comes (its
 * route, its shape, its caller), so it goes at once to what has to be done for each: limits and ended sessions, the queue token, the answer, by the very
 * functions of the ordinary way and in its order. `undefined` for every other request, of which nothing has been done yet.
 */
export const createShortWay = ({ authentication, limits, readToken, hot }: ShortWayOptions) => {
  const count = createCounting({ limits });
  const shortRoutes = [...hot].map(shortRouteOf);

  const find = ({ method, url = '' }: IncomingMessage): { route: ShortRoute; value: string } | undefined => {
    for (const route of shortRoutes) {
      const value = route.spec.method === method ? paramOf(route, url) : undefined;
      if (value !== undefined) return { route, value };
    }
    return undefined;
  };

  return (req: IncomingMessage): ((res: ServerResponse) => Promise<void>) | undefined => {
    const found = find(req);
    if (found === undefined) return undefined;
    const { spec, answer, param } = found.route;
    const { authorization, 'queue-token': header } = req.headers;
    const access = authorization === undefined ? undefined : authentication.known(authorization);
    if (access === undefined || hasBody(req) || (spec.gate !== 'none' && typeof header !== 'string')) return undefined;
    return async (res) => {
      nameRoute(req, spec.path);
      await count({ spec, asking: askingOf(spec, NO_ADDRESS, access), access }, res);
      const params = { [param]: found.value };
      const held = spec.gate === 'none' ? undefined : readToken({ header: header as string, memberId: access.memberId, params });
      await answer({ spec, params, search: '', access, held, res });
    };
  };
};

export type ShortWay = ReturnType<typeof createShortWay>;
