import { signIn } from '@onsale/contracts/commerce';
import { Refusal } from '@onsale/shared/errors';
import { meaningOf, nameRoute, refusalOf, requestIdOf } from '@onsale/shared/http';
import type { Clock } from '@onsale/shared/ids';
import type { Log } from '@onsale/shared/log';
import express, { type Request, type RequestHandler, type Response } from 'express';
import type { CredentialsReader } from '../identity/credentials.ts';
import { page, type Answer } from './answers.ts';
import { ASSETS_PATH, loadAssets } from './assets.ts';
import type { createForms, Fields } from './forms.ts';
import type { Look } from './look.ts';
import { nextPathOf } from './next-path.ts';
import { refreshOf, renderPage } from './pages.ts';
import { RENEWAL_PATH, type createRenewal } from './renewal.ts';
import { httpStatusOf, type View } from './view.ts';
import { visitOf, type Visit } from './visit.ts';
import type { Visitors } from './visitor.ts';

interface WaitingRoomOptions {
  readonly credentials: Pick<CredentialsReader, 'assertOrigin'>;
  readonly visitors: Visitors;
  readonly look: Look;
  readonly forms: ReturnType<typeof createForms>;
  readonly renewal: ReturnType<typeof createRenewal>;
  readonly clock: Clock;
  /** From [0, 1): spreads the times at which browsers come back after an outage. */
  readonly random: () => number;
  readonly log: Log;
}

type Act = (visit: Visit, req: Request, res: Response) => Promise<Answer>;

const PATH = '/waiting-room/';
/** Nothing but what we serve ourselves; forms go to us, and the page is in no frame. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const YEAR = 'public, max-age=31536000, immutable';
/** An email, a password and a path, each character of which may take twelve bytes. */
const MOST_FORM_BYTES = 16_384;

/** What stands in the way of a page, for people. What nobody designed is logged, and says nothing of itself. */
const viewOfError = (error: unknown, req: Request, { random, log }: Pick<WaitingRoomOptions, 'random' | 'log'>): View => {
  const refusal = refusalOf(error);
  const retryAfterSeconds = Math.ceil((refusal.retryAfterSeconds ?? 2) + 3 * random());
  switch (refusal.code) {
    case 'RATE_LIMITED':
      return { kind: 'too-often', retryAfterSeconds };
    case 'UPSTREAM_UNAVAILABLE':
    case 'OVERLOADED':
    case 'TIMEOUT':
      return { kind: 'away', retryAfterSeconds, inLine: /onsale-queue-/.test(req.headers.cookie ?? '') };
    case 'NOT_FOUND':
      return { kind: 'unknown' };
    case 'INTERNAL':
      log.error({ err: refusal.cause ?? refusal }, 'a page of the waiting room failed');
      return { kind: 'broken', requestId: requestIdOf(req) };
    default:
      return { kind: 'refused', status: meaningOf(refusal.code).status, detail: refusal.detail };
  }
};

const parseForm = express.urlencoded({ extended: false, limit: MOST_FORM_BYTES, parameterLimit: 10 });

/** @throws Refusal UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, VALIDATION_FAILED */
const fieldsOf = async (req: Request, res: Response): Promise<Fields> => {
  if (!req.is('application/x-www-form-urlencoded')) throw new Refusal('UNSUPPORTED_MEDIA_TYPE', 'This takes the form of the page.');
  await new Promise<void>((resolve, reject) => {
    parseForm(req, res, (error?: unknown) => {
      if (error === undefined) resolve();
      else if ((error as { type?: string }).type === 'entity.too.large')
        reject(new Refusal('PAYLOAD_TOO_LARGE', 'This is more than the form of the page.'));
      else reject(new Refusal('VALIDATION_FAILED', 'The form could not be read.', { cause: error }));
    });
  });
  return req.body as Fields;
};

/** The whole page of a view, with the headers that it goes with. */
const createPages = ({ clock }: Pick<WaitingRoomOptions, 'clock'>) => {
  const assets = loadAssets();

  const asset = (path: string, res: Response): boolean => {
    const found = assets.byPath.get(path);
    if (found === undefined) return false;
    res.setHeader('cache-control', YEAR);
    res.setHeader('content-type', found.type);
    res.end(found.body);
    return true;
  };

  const show = (answer: Answer, { queueId, next }: Pick<Visit, 'queueId' | 'next'>, res: Response): void => {
    res.setHeader('cache-control', 'no-store');
    res.setHeader('content-security-policy', POLICY);
    res.setHeader('referrer-policy', 'same-origin'); // with none at all a form would not say where it is from
    if (answer.setCookie !== undefined && answer.setCookie.length > 0) res.setHeader('set-cookie', [...answer.setCookie]);
    if (answer.kind === 'see-other') {
      res.setHeader('location', answer.to);
      res.status(303).end();
      return;
    }
    const { view, sale } = answer;
    const options = { queueId, next, view, sale, now: clock.now() };
    if ('retryAfterSeconds' in view) res.setHeader('retry-after', String(refreshOf(options)?.seconds ?? view.retryAfterSeconds));
    res.status(httpStatusOf(view)).setHeader('content-type', 'text/html; charset=utf-8');
    res.end(renderPage(options, assets));
  };

  return { asset, show };
};

/**
 * The waiting room as pages for browsers, which work without a script:
 * GET /waiting-room/{queueId}?next=/path, the two forms below it, its style and script, and the way round by which a session is renewed. Other paths are the next
 * handler's.
 */
export const createWaitingRoom = (options: WaitingRoomOptions): RequestHandler => {
  const { credentials, visitors, look, forms, renewal } = options;
  const { asset, show } = createPages(options);

  /** A form says with its fields where to go on to. Another site's page may not send it, with cookies or without. */
  const posted =
    (act: (visit: Visit, fields: Fields, req: Request, res: Response) => Promise<Answer>): Act =>
    async (visit, req, res) => {
      credentials.assertOrigin(req.headers);
      const fields = await fieldsOf(req, res);
      return act({ ...visit, next: nextPathOf(fields['next']) }, fields, req, res);
    };

  const routes: readonly { readonly method: 'GET' | 'POST'; readonly path: RegExp; readonly name: string; readonly act: Act }[] = [
    {
      method: 'GET',
      path: /^\/waiting-room\/([^/]+)$/,
      name: `${PATH}{queueId}`,
      act: async (visit, req, res) => look(visit, await visitors(req, res)),
    },
    {
      method: 'POST',
      path: /^\/waiting-room\/([^/]+)\/session$/,
      name: `${PATH}{queueId}/session`,
      act: posted(async (visit, fields, req, res) => forms.signIn(visit, await visitors(req, res, signIn), fields)),
    },
    {
      method: 'POST',
      path: /^\/waiting-room\/([^/]+)\/place$/,
      name: `${PATH}{queueId}/place`,
      act: posted(async (visit, _fields, req, res) => forms.takeNumber(visit, await visitors(req, res))),
    },
    {
      method: 'GET',
      path: /^\/api\/v1\/sessions\/waiting-room\/([^/]+)$/,
      name: `${RENEWAL_PATH}{queueId}`,
      act: async (visit, req, res) => renewal(visit, await visitors(req, res)),
    },
  ];

  const answerOf = async (path: string, req: Request, res: Response): Promise<[Answer, Pick<Visit, 'queueId' | 'next'>]> => {
    const route = routes.find((one) => one.path.test(path));
    if (route === undefined) return [page({ kind: 'unknown' }), { queueId: '', next: undefined }];
    nameRoute(req, route.name);
    if (route.method !== (req.method === 'HEAD' ? 'GET' : req.method)) {
      const allow = route.method === 'GET' ? 'GET, HEAD' : route.method;
      res.setHeader('allow', allow);
      const view = { kind: 'refused', status: 405, detail: `This address takes ${allow}.` } as const;
      return [page(view), { queueId: '', next: undefined }];
    }
    const visit = visitOf(req, route.path.exec(path)![1]!);
    if (visit === undefined) return [page({ kind: 'unknown' }), { queueId: '', next: undefined }];
    try {
      return [await route.act(visit, req, res), visit];
    } catch (error) {
      return [page(viewOfError(error, req, options)), visit];
    }
  };

  return async (req, res, next) => {
    if (!req.url.startsWith(PATH) && !req.url.startsWith(RENEWAL_PATH)) return next();
    const path = req.url.split('?', 1)[0]!;
    if (path.startsWith(ASSETS_PATH) && (req.method === 'GET' || req.method === 'HEAD') && asset(path, res))
      return nameRoute(req, `${ASSETS_PATH}{name}`);
    const [answer, visit] = await answerOf(path, req, res);
    show(answer, visit, res);
  };
};
