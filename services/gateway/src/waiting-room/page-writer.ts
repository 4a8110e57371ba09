import type { Clock } from '@onsale/shared/ids';
import type { Response } from 'express';
import type { Answer } from './answers.ts';
import { loadAssets } from './assets.ts';
import { refreshOf, renderPage } from './pages.ts';
import { httpStatusOf } from './view.ts';
import type { Visit } from './visit.ts';

/** Nothing but what we serve ourselves; forms go to us, and the page is in no frame. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const YEAR = 'public, max-age=31536000, immutable';
/** Writes answers: pages with the headers that they go with, ways to pages, and the files of the page. */
export const createPageWriter = ({ clock }: { clock: Clock }) => {
  const assets = loadAssets();

  /** Whether there is such a file; it is answered then. */
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
