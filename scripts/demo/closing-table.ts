import type { CrowdCounts } from '../load/crowd.ts';
import type { StepTimes } from '../load/step-times.ts';

interface ClosingTable {
  readonly title: string;
  readonly seconds: number;
  readonly counts: Pick<CrowdCounts<never>, 'ends'>;
  readonly steps: ReturnType<StepTimes['summaries']>;
  /** Name and text each; `without` stands for those who went home with nothing, and why. */
  readonly rows: readonly (readonly [string, string | number] | 'without')[];
}

const milliseconds = (value: number): string => (value < 100 ? value.toFixed(1) : value.toFixed(0));

/** Columns of text, the first to the left and the others to the right. */
const columns = (rows: readonly (readonly string[])[]): string[] => {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => `  ${row.map((cell, n) => (n === 0 ? cell.padEnd(widths[n]!) : cell.padStart(widths[n]!))).join('   ')}`);
};

const withoutOf = (ends: ClosingTable['counts']['ends']): string => {
  const home = Object.entries(ends).flatMap(([end, count]) => (end === 'paid' ? [] : [`${count} ${end}`]));
  return home.length === 0 ? 'nobody' : home.join(', ');
};

/** What became of everybody and of what was on sale, and how long each step took. */
export const closingTable = ({ title, seconds, counts, steps, rows }: ClosingTable): string =>
  [
    '',
    `${title}: over after ${seconds.toFixed(1)} s`,
    '',
    ...rows
      .map((row) => (row === 'without' ? (['without', withoutOf(counts.ends)] as const) : row))
      .map(([name, text]) => `  ${name.padEnd(14)}${text}`),
    '',
    ...columns([
      ['step, ms', 'count', 'p50', 'p95', 'p99', 'max'],
      ...steps.map(({ step, count, p50, p95, p99, max }) => [step, String(count), ...[p50, p95, p99, max].map(milliseconds)]),
    ]),
    '',
  ].join('\n');
