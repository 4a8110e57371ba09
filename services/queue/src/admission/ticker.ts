import { setTimeout as rest } from 'node:timers/promises';
import { loop, type Part } from '@onsale/shared/lifecycle';
import type { Log } from '@onsale/shared/log';
import type { Metrics } from '@onsale/shared/metrics';
import type { Line } from '../line/line.ts';
import type { OpenDue } from '../opening/open-due.ts';
import { TICK_MOST } from './admissible.ts';
import type { AdmitNext } from './admit-next.ts';
import type { EndExpired } from './end-expired.ts';
import { sideBySide } from './side-by-side.ts';
import type { TellLine } from './tell-line.ts';

export interface TickerOptions {
  readonly endExpired: EndExpired;
  readonly openDue: OpenDue;
  readonly tellLine: TellLine;
  readonly admitNext: AdmitNext;
  readonly line: Pick<Line, 'busy' | 'unmarkBusy'>;
  /** 250 ms by default, jittered. */
  readonly tickMs: number;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface Ticker {
  readonly part: Part;
  /** Looks at the queue at once: a slot was freed, or somebody came to a queue with room. */
  readonly wake: (queueId: string) => void;
  /** As `wake`; resolves when the queue has been looked at since, whether that went well or not. */
  readonly settled: (queueId: string) => Promise<void>;
}

/** Wakes within this time share a tick: a hundred ends a second are not a hundred ticks. */
const GATHER_MS = 20;
/** The mark of a queue that is found empty stays this long, so that whoever comes next need not set it again. */
const BUSY_MS = 10_000;

/** Says once that a step fails and once that it works again: a tick that fails does so four times a second. */
const createFaults = (log: Log) => {
  const failing = new Set<string>();
  return async <T>(step: string, otherwise: T, fn: () => Promise<T>): Promise<T> => {
    try {
      const value = await fn();
      if (failing.delete(step)) log.info({ step }, 'works again');
      return value;
    } catch (error) {
      if (!failing.has(step)) log.warn({ err: error, step }, 'fails; tried again with every tick');
      failing.add(step);
      return otherwise;
    }
  };
};

/**
 * The heart of every replica: ends what is over, opens what is due, tells Redis what the journal has decided, and admits into what is free. No replica leads: the lock
 * of a queue's row decides who works, and what one leaves undone the next finds. Only queues with somebody waiting, with an end, or that open are looked at.
 *
 * One that is woken looks at those alone for which it was, and at those that were freed; the next one after `tickMs` at all. Openings go their own way, as a draw may take long to write down.
 */
export const createTicker = ({ endExpired, openDue, tellLine, admitNext, line, tickMs, log, metrics }: TickerOptions): Ticker => {
  const seconds = metrics.histogram({
    name: 'onsale_queue_tick_seconds',
    help: 'One turn over all busy queues, or over those that it was woken for',
  });
  const attempt = createFaults(log);
  /** Queues that were not empty when this process looked: with the marks, they would be lost by an emptied Redis. */
  const known = new Set<string>();
  let woken = new Map<string, (() => void)[]>();
  let turnedAt = -Infinity;
  let allAt = -Infinity;

  const lookAt = async (queueId: string, markedMs: number | undefined): Promise<number> => {
    known.add(queueId);
    const { admitted, empty } = await admitNext(queueId);
    if (empty) known.delete(queueId);
    if (empty && markedMs !== undefined && Date.now() - markedMs > BUSY_MS) await line.unmarkBusy({ queueId, markedMs });
    return admitted;
  };

  const call = (queueId: string, resolve?: () => void): void => {
    const waiters = woken.get(queueId) ?? [];
    if (resolve !== undefined) waiters.push(resolve);
    woken.set(queueId, waiters);
    part.wake();
  };

  const findMarks = async (): Promise<Map<string, number>> => {
    const busy = await attempt('find busy queues', [], line.busy);
    return new Map(busy.map(({ queueId, markedMs }) => [queueId, markedMs]));
  };

  const turn = async (): Promise<void> => {
    await rest(Math.max(0, turnedAt + GATHER_MS - performance.now()));
    turnedAt = performance.now();
    const called = woken;
    woken = new Map();
    const atAll = turnedAt - allAt >= tickMs; // else nobody may have been called: a wake that was gathered with others has one more turn come
    if (atAll) allAt = turnedAt;
    const stop = seconds.startTimer();
    const freed = await attempt('end expired', new Set<string>(), endExpired);
    await attempt('tell the line', undefined, tellLine);
    const marks = atAll ? await findMarks() : new Map<string, number>();
    let admitted = 0;
    await sideBySide(new Set([...called.keys(), ...freed, ...(atAll ? known : []), ...marks.keys()]), async (queueId) => {
      const count = await attempt(`admit to ${queueId}`, 0, () => lookAt(queueId, marks.get(queueId)));
      admitted += count;
      if (count >= TICK_MOST) call(queueId); // as many as one look takes: there may be more
    });
    if (admitted > 0) await attempt('tell the line', undefined, tellLine);
    stop();
    for (const waiters of called.values()) for (const resolve of waiters) resolve();
  };

  const onError = (error: unknown): void => log.error({ err: error }, 'a tick failed');
  const part = loop({ name: 'ticker', everyMs: tickMs, turn, onError });

  const openings = loop({
    name: 'openings',
    everyMs: tickMs,
    turn: async () => (await attempt('open queues', new Set<string>(), openDue)).forEach((queueId) => call(queueId)),
    onError,
  });
  const both = [openings, part];

  return {
    part: {
      name: 'ticker',
      start: async () => void (await Promise.all(both.map((one) => one.start()))),
      halt: () => both.forEach((one) => one.halt()),
      stop: async () => void (await Promise.all(both.map((one) => one.stop()))),
    },
    wake: (queueId) => call(queueId),
    settled: (queueId) => new Promise((resolve) => call(queueId, resolve)),
  };
};
