import type { CrowdCounts } from '../load/crowd.ts';
import type { SoldOut } from './run-demo.ts';

/** How far the members have come, on one line. */
export const progressText = ({ events, ended }: CrowdCounts, { members, seats }: { members: number; seats: number }): string =>
  `  numbers ${events.number}   admitted ${events.admitted}   holds ${events.held} (lost ${events.lost})   paid ${events.paid} of ${seats}   gone ${ended} of ${members}`;

const milliseconds = (value: number): string => (value < 100 ? value.toFixed(1) : value.toFixed(0));

/** Columns of text, the first to the left and the others to the right. */
const columns = (rows: readonly (readonly string[])[]): string[] => {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => `  ${row.map((cell, n) => (n === 0 ? cell.padEnd(widths[n]!) : cell.padStart(widths[n]!))).join('   ')}`);
};

/** What became of everybody and of the seats, and how long each step took. */
export const closingTable = ({ sale, members, counts, sold, steps, seconds }: SoldOut): string => {
  const { events, ends } = counts;
  const row = (name: string, text: string | number) => `  ${name.padEnd(14)}${text}`;
  const home = Object.entries(ends).flatMap(([end, count]) => (end === 'paid' ? [] : [`${count} ${end}`]));
  return [
    '',
    `${sale.title}: over after ${seconds.toFixed(1)} s`,
    '',
    row('members', `${members}, at most ${sale.cap} of them inside at once`),
    row('numbers', events.number),
    row('admitted', events.admitted),
    row('holds won', events.held),
    row('holds lost', `${events.lost}, to somebody faster`),
    row('paid', events.paid),
    row('without', home.length === 0 ? 'nobody' : home.join(', ')),
    row('sold', `${sold} of ${sale.seats} seats`),
    '',
    ...columns([
      ['step, ms', 'count', 'p50', 'p95', 'p99', 'max'],
      ...steps.map(({ step, count, p50, p95, p99, max }) => [step, String(count), ...[p50, p95, p99, max].map(milliseconds)]),
    ]),
    '',
  ].join('\n');
};
