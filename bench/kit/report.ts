import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { machine } from './process-usage.ts';

const page = new URL('../../docs/benchmarks.md', import.meta.url);
const HEAD = `# Benchmarks

Written by \`npm run bench -- <name>\`, each in its own section, with the machine it ran on. The load generator, the engines and the fleet share that
machine. Read the ratio to the yardstick of the same run; absolute figures change with the machine and its neighbours.
`;

/** Markdown of a table whose first row is the head. */
export const table = (rows: readonly (readonly string[])[]): string =>
  rows.flatMap((row, i) => [`| ${row.join(' | ')} |`, ...(i === 0 ? [`|${row.map(() => '---|').join('')}`] : [])]).join('\n');

export const ms = (value: number): string => `${value.toFixed(1)} ms`;

/** Says on the terminal what a benchmark does now, with the seconds since it began: it takes minutes, and nothing else is to be seen. */
export const progress = (name: string): ((what: string) => void) => {
  const began = performance.now();
  return (what) => console.log(`${name}, ${((performance.now() - began) / 1000).toFixed(0)} s: ${what}`);
};

/** Replaces the section of this benchmark in docs/benchmarks.md, and prints it. */
export const report = (name: string, body: string): void => {
  const section = `## ${name}\n\n${new Date().toISOString().slice(0, 10)}, ${machine()}.\n\n${body}\n`;
  const before = existsSync(page) ? readFileSync(page, 'utf8') : HEAD;
  const others = before.split(/^(?=## )/m).filter((part) => !part.startsWith(`## ${name}\n`));
  writeFileSync(page, `${others.map((part) => part.trimEnd()).join('\n\n')}\n\n${section}`);
  console.log(section);
  console.log(`written to docs/benchmarks.md, in place of what it said of ${name}`);
};
