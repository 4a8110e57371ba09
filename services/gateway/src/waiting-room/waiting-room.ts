import { nameRoute } from '@onsale/shared/http';
import type { Clock } from '@onsale/shared/ids';
import type { Log } from '@onsale/shared/log';
import type { Request, RequestHandler, Response } from 'express';
import { page, type Answer } from './answers.ts';
import { ASSETS_PATH } from './assets.ts';
import { PAGES_PATH, pageRoutes, type PageRoutesOptions } from './page-routes.ts';
import { createPageWriter } from './page-writer.ts';
import { RENEWAL_PATH } from './renewal.ts';
import { viewOfError } from './view-of-error.ts';
import { visitOf, type Visit } from './visit.ts';

interface WaitingRoomOptions extends PageRoutesOptions {
  readonly clock: Clock;
  /** From [0, 1): spreads the times at which browsers come back after an outage. */
  readonly random: () => number;
  readonly log: Log;
}

type Shown = readonly [Answer, Pick<Visit, 'queueId' | 'next'>];

const NOWHERE = { queueId: '', next: undefined };
const unknown: Shown = [page({ kind: 'unknown' }), NOWHERE];

const wrongMethod = (method: 'GET' | 'POST', res: Response): Shown => {
  const allow = method === 'GET' ? 'GET, HEAD' : method;
  res.setHeader('allow', allow);
  return [page({ kind: 'refused', status: 405, detail: `This address takes ${allow}.` }), NOWHERE];
};

/**
 * The waiting room as pages for browsers, which work without a script: GET /waiting-room/{queueId}?next=/path, and what belongs to it. What goes wrong is
 * a page as well. Other paths are the next handler's.
 */
export const createWaitingRoom = (options: WaitingRoomOptions): RequestHandler => {
  const routes = pageRoutes(options);
  const { asset, show } = createPageWriter(options);

  const answerOf = async (path: string, method: string, req: Request, res: Response): Promise<Shown> => {
    const route = routes.find((one) => one.path.test(path));
    if (route === undefined) return unknown;
    nameRoute(req, route.name);
    if (route.method !== method) return wrongMethod(route.method, res);
    const visit = visitOf(req, route.path.exec(path)![1]!);
    if (visit === undefined) return unknown;
    try {
      return [await route.act(visit, req, res), visit];
    } catch (error) {
      return [page(viewOfError(error, req, options)), visit];
    }
  };

  return async (req, res, next) => {
    if (!req.url.startsWith(PAGES_PATH) && !req.url.startsWith(RENEWAL_PATH)) return next();
    const path = req.url.split('?', 1)[0]!;
    const method = req.method === 'HEAD' ? 'GET' : req.method;
    if (method === 'GET' && path.startsWith(ASSETS_PATH) && asset(path, res)) return nameRoute(req, `${ASSETS_PATH}{name}`);
    show(...(await answerOf(path, method, req, res)), res);
  };
};
