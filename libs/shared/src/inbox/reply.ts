import type { Code } from '@onsale/contracts';

export interface Done<D> {
  readonly outcome: 'DONE';
  readonly data: D;
}

export interface Refused {
  readonly outcome: 'REFUSED';
  readonly code: Code;
  readonly detail?: string;
}

/** How a command ended. A refusal is a value: what the handler wrote before it is committed with it. */
export type ReplyDraft<D = unknown> = Done<D> | Refused;

export const done: {
  (): Done<Record<string, never>>;
  <D>(data: D): Done<D>;
} = (data: unknown = {}) => ({ outcome: 'DONE', data }) as Done<never>;

export const refused = (code: Code, detail?: string): Refused => ({
  outcome: 'REFUSED',
  code,
  ...(detail === undefined ? {} : { detail }),
});

/** Whether a local step's answer is a refusal, and not what it wants kept. */
export const isRefused = (answer: object | undefined | void): answer is Refused =>
  typeof answer === 'object' && 'outcome' in answer && answer.outcome === 'REFUSED' && 'code' in answer;
