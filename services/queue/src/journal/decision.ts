import type { Decision } from '../line/line.ts';
import type { JournalEntry } from './journal-store.ts';

/** What a row tells the line: its end if it has one, else until when it is admitted. */
export const decisionOf = ({ number, member, admittedUntilMs, ending }: JournalEntry): Decision => {
  if (ending !== undefined) return { number, member, ending };
  if (admittedUntilMs === undefined) throw new Error(`number ${number} is neither admitted nor ended`);
  return { number, member, admittedUntilMs };
};
