import type { Queue, QueueStatus } from '@onsale/contracts/queue';

/** What anybody is told of the sale. `undefined` while the queue cannot be read. */
export type Sale = Pick<Queue, 'state' | 'message' | 'opensAt'>;

/** What a visitor is shown: the states of the waiting room, and what can stand in the way. */
export type View =
  | { readonly kind: 'sign-in'; readonly email?: string; readonly failure?: SignInFailure; readonly elsewhere?: true }
  | { readonly kind: 'take-number' }
  | { readonly kind: 'in-line'; readonly status: Waiting; readonly pollAfterMs: number; readonly first?: number }
  | { readonly kind: 'closed' }
  | { readonly kind: 'full'; readonly retryAfterSeconds: number }
  | { readonly kind: 'admitted'; readonly until?: string }
  | { readonly kind: 'ended'; readonly how: Ended }
  | { readonly kind: 'away'; readonly retryAfterSeconds: number; readonly inLine: boolean }
  | { readonly kind: 'too-often'; readonly retryAfterSeconds: number }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'refused'; readonly status: number; readonly detail: string }
  | { readonly kind: 'broken'; readonly requestId: string };

export type Waiting = Pick<QueueStatus, 'position' | 'etaSeconds'> & { readonly status: 'PREQUEUE' | 'WAITING' };
export type Ended = Exclude<QueueStatus['status'], 'PREQUEUE' | 'WAITING' | 'ADMITTED'>;
export type SignInFailure = 'wrong' | 'too-often' | 'busy';

/** How often somebody looks whom nobody tells: as the queue does near the head. */
const DEFAULT_POLL_MS = 5000;

/** `first`: the farthest position that this visitor has been shown. */
export const viewOf = (
  { status, position, etaSeconds, pollAfterMs = DEFAULT_POLL_MS, admittedUntil }: Omit<QueueStatus, 'queueId' | 'number' | 'lane'>,
  { sale, first }: { sale: Sale | undefined; first: number | undefined },
): View => {
  switch (status) {
    case 'PREQUEUE':
    case 'WAITING': {
      if (sale?.state === 'CLOSED') return { kind: 'closed' };
      const since = position === undefined ? first : Math.max(position, first ?? 0);
      const place = { status, ...(position !== undefined && { position }), ...(etaSeconds !== undefined && { etaSeconds }) };
      return { kind: 'in-line', status: place, pollAfterMs, ...(since !== undefined && { first: since }) };
    }
    case 'ADMITTED':
      return { kind: 'admitted', ...(admittedUntil !== undefined && { until: admittedUntil }) };
    case 'EXPIRED':
    case 'COMPLETED':
    case 'LEFT':
    case 'REVOKED':
      return { kind: 'ended', how: status };
    default:
      return status satisfies never;
  }
};

/** The HTTP status that a view travels with. */
export const httpStatusOf = (view: View): number => {
  switch (view.kind) {
    case 'sign-in':
      return view.failure === undefined ? 200 : { wrong: 401, 'too-often': 429, busy: 503 }[view.failure];
    case 'full':
    case 'away':
      return 503;
    case 'too-often':
      return 429;
    case 'unknown':
      return 404;
    case 'refused':
      return view.status;
    case 'broken':
      return 500;
    case 'take-number':
    case 'in-line':
    case 'closed':
    case 'admitted':
    case 'ended':
      return 200;
    default:
      return view satisfies never;
  }
};
