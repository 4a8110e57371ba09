/**
 * Where a process can die: before and after the commit of a transaction; handled, but its offset not committed; published, but not deleted from the
 * outbox; all done, but not answered.
 */
export const moments = ['before-commit', 'after-commit', 'before-offset', 'after-publish', 'before-answer'] as const;
export type Moment = (typeof moments)[number];

export interface CrashSettings {
  readonly name: string;
  readonly moment: Moment;
  /** The process dies when it is met for this time. */
  readonly nth: number;
  /** The file that is told, one line of JSON a death. */
  readonly log: string;
}

/** `<name>/<moment>`, with `#<n>` behind it `lock:do/after-commit#20`. */
export const CRASH_AT = new RegExp(`^(?<name>.+)/(?<moment>${moments.join('|')})(#(?<nth>[1-9][0-9]{0,5}))?$`);

/** Reads what `CRASH_AT` matches. @throws RangeError for anything else */
export const parseCrashAt = (text: string): Omit<CrashSettings, 'log'> => {
  const { name, moment, nth = '1' } = CRASH_AT.exec(text)?.groups ?? {};
  if (name === undefined) throw new RangeError(`${text} is not a crash point`);
  return { name, moment: moment as Moment, nth: Number(nth) };
};
