import { createWriteStream, readFileSync } from 'node:fs';
import { once } from 'node:events';

/** One thing that a client wanted done, over all its attempts. Invariants I6, I10 and I12 are read from these. */
export interface Operation {
  readonly kind: 'enter' | 'hold' | 'release' | 'charge' | 'pay' | 'leave' | 'issue' | 'order';
  readonly memberId: string;
  /** The same for every attempt. */
  readonly idempotencyKey?: string;
  /** RFC 3339, UTC. */
  readonly startedAt: string;
  readonly endedAt: string;
  /** Requests that were sent for it. */
  readonly attempts: number;
  /** What it was about and what came of it, as far as known. */
  readonly subject: {
    readonly queueId?: string;
    readonly number?: number;
    readonly scheduleId?: string;
    readonly seatIds?: readonly string[];
    readonly reservationId?: string;
    readonly paymentId?: string;
    readonly couponId?: string;
    readonly memberCouponId?: string;
    readonly productId?: string;
    readonly orderId?: string;
    readonly amount?: number;
  };
  /** The last answer; `unknown` when none came. */
  readonly outcome: { readonly status: number; readonly code?: string } | 'unknown';
  /** A digest of each distinct final answer that was received for this key. */
  readonly answers: readonly string[];
  /** What a final read said of an unknown one. */
  readonly settled?: 'done' | 'not done';
}

type Settlement = Required<Pick<Operation, 'settled'>> & Partial<Pick<Operation, 'subject'>>;

export interface OperationsJournal {
  readonly record: (operation: Operation) => void;
  /** Says what a final read found of an operation that was recorded as unknown; its subject may be known better by then. */
  readonly settle: (unknown: Operation, settlement: Settlement) => void;
  /** Those recorded so far, in the order in which they ended. */
  readonly operations: () => readonly Operation[];
  /** Recorded as unknown, and not settled since. */
  readonly unsettled: () => readonly Operation[];
  /** Writes what the file still lacks. */
  readonly close: () => Promise<void>;
}

const identityOf = ({ kind, memberId, idempotencyKey, startedAt }: Operation): string =>
  [kind, memberId, idempotencyKey ?? '', startedAt].join(' ');

/**
 * Keeps what clients asked for and what came of it, in memory and, where a path is given, as one JSON line an operation. One that is settled gets a
 * second line, which counts instead of the first: a client that dies leaves the truth as far as it knew it.
 */
export const createOperationsJournal = ({ path }: { path?: string } = {}): OperationsJournal => {
  const file = path === undefined ? undefined : createWriteStream(path, { mode: 0o600 });
  const all = new Map<string, Operation>();
  const put = (operation: Operation): void => {
    all.set(identityOf(operation), operation);
    file?.write(`${JSON.stringify(operation)}\n`);
  };
  return {
    record: put,
    settle: (unknown, settlement) => put({ ...unknown, ...settlement }),
    operations: () => [...all.values()],
    unsettled: () => [...all.values()].filter(({ outcome, settled }) => outcome === 'unknown' && settled === undefined),
    close: async () => {
      if (file === undefined) return;
      file.end();
      await once(file, 'close');
    },
  };
};

/** The operations of a journal's file, each as its last line tells it. */
export const readOperations = (path: string): Operation[] => {
  const lines = readFileSync(path, 'utf8').split('\n');
  lines.pop(); // after the last line's end, or a line that its writer did not finish
  const operations = lines.map((line) => JSON.parse(line) as Operation);
  return [...new Map(operations.map((operation) => [identityOf(operation), operation])).values()];
};
