import { headingWords, numberWords, placeWords, progressOf, stateWords, waitWords, type Place } from './assets/wording.js';
import { html, type Html } from './html.ts';
import { pagePath } from './page-path.ts';
import type { Ended, Sale, SignInFailure, View } from './view.ts';

export interface PageOptions {
  readonly queueId: string;
  readonly view: View;
  readonly sale: Sale | undefined;
  /** Where the visitor goes on to when it is their turn. */
  readonly next: string | undefined;
  readonly now: Date;
}

const timeOf = (iso: string): string => `${iso.slice(11, 16)} UTC`;

const dates = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' });
/** May be days away. The script shows it as the visitor's own time. */
const openingOf = (iso: string): Html => html`<time data-date="1" datetime="${iso}">${dates.format(new Date(iso))}, ${timeOf(iso)}</time>`;

const nextField = (next: string | undefined): Html =>
  next === undefined ? html`` : html`<input type="hidden" name="next" value="${next}" />`;

const takeNumber = ({ queueId, next }: PageOptions, words: string): Html =>
  html`<form method="post" action="/waiting-room/${queueId}/place">${nextField(next)}<button>${words}</button></form>`;

const FAILURES: Readonly<Record<SignInFailure, string>> = {
  wrong: 'No member has this email and this password.',
  'too-often': 'That was tried too often. Rest for a few minutes, then try again.',
  busy: 'Too many sign in at this moment. Try again in a few seconds.',
};

const signIn = ({ queueId, next }: PageOptions, { email, failure }: Extract<View, { kind: 'sign-in' }>): Html =>
  html`<h1>Sign in to join the line</h1>
    ${failure !== undefined && html`<p class="alert" role="alert" id="failure">${FAILURES[failure]}</p> `}
    <form method="post" action="/waiting-room/${queueId}/session">
      <label for="email">Email</label>
      <input
        id="email"
        name="email"
        type="email"
        autocomplete="username"
        maxlength="254"
        required
        value="${email}"
        ${failure === 'wrong' && html` aria-invalid="true" aria-describedby="failure"`}
      />
      <label for="password">Password</label>
      <input
        id="password"
        name="password"
        type="password"
        autocomplete="current-password"
        maxlength="128"
        required${failure === 'wrong' && html` aria-invalid="true" aria-describedby="failure"`}
      />
      ${nextField(next)}<button>Sign in</button>
    </form>`;

const signInElsewhere = ({ queueId, next }: PageOptions): Html =>
  html`<h1>Sign in to join the line</h1>
    <p>Sign in at the shop, then <a href="${pagePath(queueId, { next })}">come back to this page</a>.</p>`;

const outside = (options: PageOptions): Html => {
  const { sale } = options;
  const opensAt = sale?.state === 'PREQUEUE' ? sale.opensAt : undefined;
  return html`<h1>Take a number</h1>
    <p>Everybody gets one place in line, whatever device they come from. You are let in as soon as it is your turn.</p>
    ${
      opensAt !== undefined &&
      html`<p>The sale opens at ${openingOf(opensAt)}. Until then nobody is ahead of anybody: the order is drawn.</p> `
    }${
      sale?.state === 'PAUSED' && html`<p>Admission is paused for the moment; numbers are given out.</p> `
    }${takeNumber(options, 'Take a number')}`;
};

const inLine = ({ queueId, sale, next, now }: PageOptions, { status, first }: Extract<View, { kind: 'in-line' }>): Html => {
  const place = placeOf(status, sale);
  const progress = progressOf({ position: status.position, first });
  const drawn = status.status === 'PREQUEUE';
  return html`<h1 id="heading">${headingWords(place)}</h1>
    <p class="message" id="message" ${sale?.message === undefined && html` hidden`}>${sale?.message}</p>
    <div id="place" ${drawn && html` hidden`}>
      <p class="position">
        Your position <strong id="position">${status.position === undefined ? '…' : numberWords(status.position)}</strong>
      </p>
      <p>Estimated wait: <span id="wait">${place.state === 'PAUSED' ? 'paused' : waitWords(status.etaSeconds)}</span></p>
      <label for="progress">Way to the front since you joined</label>
      <progress id="progress" max="${progress?.max ?? 1}" value="${progress?.value ?? 0}"></progress>
    </div>
    <p id="opening" ${!drawn && html` hidden`}>${sale?.opensAt !== undefined && html`The sale opens at ${openingOf(sale.opensAt)}.`}</p>
    <p class="state" id="state">${stateWords(place)}</p>
    <p class="quiet">
      Last updated <time id="updated" data-seconds="1" datetime="${now.toISOString()}">${now.toISOString().slice(11, 19)} UTC</time>. The
      page keeps itself up to date: leave it open, or <a href="${pagePath(queueId, { next, first })}">look now</a>.
    </p>
    <p class="unseen" id="announcer" role="status" aria-live="polite"></p>`;
};

/** Where somebody stands, as the words and the script take it. */
export const placeOf = ({ status, position, etaSeconds }: Extract<View, { kind: 'in-line' }>['status'], sale: Sale | undefined): Place => ({
  status,
  ...(position !== undefined && { position }),
  ...(etaSeconds !== undefined && { etaSeconds }),
  ...(sale !== undefined && { state: sale.state }),
  ...(sale?.message !== undefined && { message: sale.message }),
});

const admitted = ({ next }: PageOptions, { until }: Extract<View, { kind: 'admitted' }>): Html =>
  html`<h1>It is your turn</h1>
    ${until !== undefined && html`<p>Your place inside is yours until <time datetime="${until}">${timeOf(until)}</time>.</p> `}${
      next === undefined
        ? html`<p>Go back to the shop and choose.</p>`
        : html`<p role="status">You are being taken on.</p>
            <p><a class="button" href="${next}">Go on now</a></p>`
    }`;

const ENDS: Readonly<Record<Ended, { readonly title: string; readonly text: string; readonly again: boolean }>> = {
  EXPIRED: { title: 'Your time inside is over', text: 'Your place went to the next in line. You can queue again.', again: true },
  COMPLETED: { title: 'You are done here', text: 'Your purchase is complete, and your place went to the next in line.', again: true },
  LEFT: { title: 'You have left the line', text: 'You gave your place back. You can queue again.', again: true },
  REVOKED: { title: 'Your place was taken back', text: 'The organiser has ended your place in this line.', again: false },
};

const ended = (options: PageOptions, how: Ended): Html => {
  const { title, text, again } = ENDS[how];
  return html`<h1>${title}</h1>
    <p>${text}</p>
    ${again && options.sale?.state !== 'CLOSED' && takeNumber(options, 'Take a new number')}`;
};

/** What stands on the page of a view. */
export const contentOf = (options: PageOptions): Html => {
  const { view } = options;
  switch (view.kind) {
    case 'sign-in':
      return view.elsewhere === true ? signInElsewhere(options) : signIn(options, view);
    case 'take-number':
      return outside(options);
    case 'in-line':
      return inLine(options, view);
    case 'closed':
      return html`<h1>The sale is closed</h1>
        <p>Nobody else is let in. Thank you for having waited.</p>`;
    case 'full':
      return html`<h1>The waiting room is full</h1>
        <p>
          There is no place in line at the moment. Places come free when others leave: try again in ${view.retryAfterSeconds} seconds or
          later.
        </p>
        ${takeNumber(options, 'Try again')}`;
    case 'admitted':
      return admitted(options, view);
    case 'ended':
      return ended(options, view.how);
    case 'away':
      return html`<h1>One moment, please</h1>
        <p>
          The waiting room does not answer. ${view.inLine && 'We keep your place: you lose nothing. '}This page tries again by itself.
        </p>`;
    case 'too-often':
      return html`<h1>That was too often</h1>
        <p>
          This page comes back by itself in ${view.retryAfterSeconds} seconds. A place in line is kept meanwhile, and reloading does not
          move it.
        </p>`;
    case 'unknown':
      return html`<h1>There is no such waiting room</h1>
        <p>The address is wrong, or the sale is over.</p>`;
    case 'refused':
      return html`<h1>This did not work</h1>
        <p>${view.detail}</p>`;
    case 'broken':
      return html`<h1>Something went wrong on our side</h1>
        <p>A place in line is kept. If this stays so, tell us this number: ${view.requestId}</p>`;
    default:
      return view satisfies never;
  }
};

const TITLES: Readonly<Record<Exclude<View['kind'], 'in-line' | 'ended'>, string>> = {
  'sign-in': 'Sign in',
  'take-number': 'Take a number',
  closed: 'The sale is closed',
  full: 'The waiting room is full',
  admitted: 'It is your turn',
  away: 'One moment, please',
  'too-often': 'That was too often',
  unknown: 'Not found',
  refused: 'This did not work',
  broken: 'Something went wrong',
};

/** What the window and the history are called: in line, where one stands. */
export const titleOf = ({ view, sale }: PageOptions): string => {
  switch (view.kind) {
    case 'in-line':
      return placeWords(placeOf(view.status, sale));
    case 'ended':
      return ENDS[view.how].title;
    default:
      return TITLES[view.kind];
  }
};
