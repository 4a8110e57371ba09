import type { Code } from '@onsale/contracts';
import type { QueueStatus } from '@onsale/contracts/queue';

export type StreamKind = 'sse' | 'websocket';

/** Why a stream ends. After the first two it has no sequel; after `leaving` its reader comes back. */
export type Ending =
  /** The place has ended: its last status is told with it. */
  | { readonly why: 'over'; readonly status: QueueStatus }
  /** What it was opened with no longer holds: the same request would be answered with this problem. */
  | { readonly why: 'refused'; readonly code: Code }
  /** This process ends. */
  | { readonly why: 'leaving'; readonly retryMs: number };

/** One open stream, as the hub knows it: each kind has its own way of writing. */
export interface Reader {
  readonly kind: StreamKind;
  /** Tells the whole status; see `createMailbox`. */
  readonly tell: (status: QueueStatus) => void;
  /** Shows both ends, and what is between them, that the stream lives. @returns whether the other end has shown it since the last time, where it can */
  readonly beat: () => boolean;
  /** How long the reader has not taken what was sent. */
  readonly stalledMs: () => number;
  /** Says why, and closes; cuts when that is not taken in time. */
  readonly end: (ending: Ending) => void;
  /** Closes without a word. */
  readonly cut: () => void;
}

/** For whoever is told that it is over, to take that and close. */
export const CLOSING_MS = 2000;

/** A place that has ended stays so. */
export const isOver = ({ status }: Pick<QueueStatus, 'status'>): boolean => {
  switch (status) {
    case 'PREQUEUE':
    case 'WAITING':
    case 'ADMITTED':
      return false;
    case 'EXPIRED':
    case 'COMPLETED':
    case 'LEFT':
    case 'REVOKED':
      return true;
  }
};

/** How long a stream that broke is waited with before it is opened again, as its reader is told: spread, as whoever lost one lost it together. */
export const retryAfterBreakMs = (): number => Math.round(2000 + 3000 * Math.random());
