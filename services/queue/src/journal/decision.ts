import type { Decision } from '../line/line-views.ts';
import type { JournalEntry } from './journal-store.ts';

/** What a row tells the line: its end if it has one, else until when it is admitted. */
export const decisionOf = ({ number, member, lane, score, admittedUntilMs, ending }: JournalEntry): Decision => {
  const place = { number, member, lane, score };
  if (ending !== undefined) return { ...place, ending };
  if (admittedUntilMs === undefined) throw new Error(`number ${number} is neither admitted nor ended`);
  return { ...place, admittedUntilMs };
};
