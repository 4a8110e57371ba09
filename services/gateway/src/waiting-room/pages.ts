import type { Assets } from './assets.ts';
import { contentOf, placeOf, titleOf, type PageOptions } from './contents.ts';
import { html, type Html } from './html.ts';
import { pagePath } from './page-path.ts';

/** Seconds after which the browser comes back by itself, and where to. */
export interface Refresh {
  readonly seconds: number;
  readonly to: string;
  /** Left to the script, where there is one. */
  readonly withoutScript: boolean;
}

/** Long enough to hear that it is one's turn. */
const ADMITTED_SECONDS = 3;

/** When and where the browser goes on by itself. */
export const refreshOf = ({ queueId, view, next }: PageOptions): Refresh | undefined => {
  const here = (seconds: number, withoutScript: boolean, first?: number): Refresh => ({
    seconds,
    to: pagePath(queueId, { next, first }),
    withoutScript,
  });
  switch (view.kind) {
    case 'in-line':
      return here(Math.max(1, Math.ceil(view.pollAfterMs / 1000)), true, view.first);
    case 'away':
    case 'too-often':
      return here(view.retryAfterSeconds, false);
    case 'admitted':
      return next === undefined ? undefined : { seconds: ADMITTED_SECONDS, to: next, withoutScript: false };
    default:
      return undefined;
  }
};

const refreshTag = (refresh: Refresh | undefined): Html => {
  if (refresh === undefined) return html``;
  const tag = html`<meta http-equiv="refresh" content="${refresh.seconds}; url=${refresh.to}" />`;
  return refresh.withoutScript ? html`<noscript>${tag}</noscript>` : tag;
};

const liveOf = ({ queueId, view, sale }: PageOptions): Html =>
  view.kind === 'in-line'
    ? html` data-queue="${queueId}" data-poll="${view.pollAfterMs}" data-first="${view.first}"
      data-place="${JSON.stringify(placeOf(view.status, sale))}"`
    : html``;

/** The message of the operator, where the state does not show it in a place of its own. */
const messageOf = ({ view, sale }: PageOptions): Html | false =>
  view.kind !== 'in-line' && view.kind !== 'unknown' && sale?.message !== undefined && html`<p class="message">${sale.message}</p> `;

/** The whole page of a view, with nothing in it from anywhere else. */
export const renderPage = (options: PageOptions, { style, script }: Assets): string =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta name="robots" content="noindex" />
        <meta name="color-scheme" content="light dark" />
        ${refreshTag(refreshOf(options))}
        <title>${titleOf(options)} – Waiting room</title>
        <link rel="stylesheet" href="${style.path}" />
        <script type="module" src="${script.path}"></script>
      </head>
      <body>
        <main id="room" ${liveOf(options)}>${messageOf(options)}${contentOf(options)}</main>
      </body>
    </html> `.markup;
