import { AsyncLocalStorage } from 'node:async_hooks';
import { appendFileSync } from 'node:fs';
import type { CrashSettings, Moment } from './crash-at.ts';
import { messageName, nameOfPayload, type Named } from './message-name.ts';

export type Name = string | readonly Named[];

/** Deaths for tests. A mechanism has them as an option that is absent in production, and calls `crash?.hit(...)` at its moments. */
export interface CrashPoints {
  /** Gives the moments inside of `work`, and of what it starts, a name: one of its own, or those of the messages that it handles at once. */
  during<T>(name: Name, work: () => T): T;
  /** Ends this process here when the armed point is met for the n-th time. `messages` are all who are at this moment; else it is what `during` named. */
  hit(moment: Moment, messages?: readonly { readonly payload: string }[]): void;
}

/**
 * Arms one point. When it is met often enough, a line of JSON (point, count, pid, time) goes to the log, and SIGKILL to this very process: no `finally`,
 * handler or flush runs any more. Nothing to arm, no crash points.
 */
export const createCrashPoints = (settings: CrashSettings | undefined): CrashPoints | undefined => {
  if (settings === undefined) return undefined;
  const { name: armed, moment: armedMoment, nth, log } = settings;
  const context = new AsyncLocalStorage<readonly string[]>();
  let count = 0;
  return {
    during: (name, work) => context.run(typeof name === 'string' ? [name] : name.map(messageName), work),
    hit: (moment, messages) => {
      if (moment !== armedMoment) return;
      const names = messages?.map(({ payload }) => nameOfPayload(payload)) ?? context.getStore() ?? [];
      const met = names.filter((name) => name === armed).length;
      count += met;
      if (met === 0 || count < nth) return;
      const line = { point: `${armed}/${moment}`, count, pid: process.pid, time: new Date().toISOString() };
      appendFileSync(log, `${JSON.stringify(line)}\n`);
      process.kill(process.pid, 'SIGKILL'); // the kernel delivers it before this call returns
    },
  };
};

/** `crash.during` where there are crash points, `work` alone where there are none. */
export const during = <T>(crash: CrashPoints | undefined, name: Name, work: () => T): T =>
  crash === undefined ? work() : crash.during(name, work);
