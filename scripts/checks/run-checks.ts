import { type Program, runProgram } from '../terminal/run-program.ts';
import { codeFolders, formattedFiles } from './own-files.ts';

interface Check {
  title: string;
  program: Program;
  args: string[];
}

/** Longest first, since two run at a time. Each reads its own configuration file in the checkout's folder. */
const checks: Check[] = [
  { title: 'walls (dependency-cruiser)', program: 'depcruise', args: ['--config', '.dependency-cruiser.cjs', ...codeFolders] },
  { title: 'lint (oxlint)', program: 'oxlint', args: ['--type-aware', '--deny-warnings', ...codeFolders] },
  { title: 'types (tsc)', program: 'tsc', args: ['--noEmit', '-p', 'tsconfig.json', '--pretty', 'false'] },
  { title: 'format (oxfmt; npm run format)', program: 'oxfmt', args: ['--check', ...formattedFiles] },
];

const atATime = 2;

/**
 * Runs every static check, two at a time, and prints a line with its duration for each, with the output of those that failed.
 * @returns how many passed and failed
 */
export async function runChecks(): Promise<{ passed: number; failed: number }> {
  const tally = { passed: 0, failed: 0 };
  const waiting = [...checks];
  const work = async () => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      const began = performance.now();
      const { ok, output } = await runProgram(check.program, check.args);
      tally[ok ? 'passed' : 'failed'] += 1;
      console.log(`${ok ? '✔' : '✖'} ${check.title} (${((performance.now() - began) / 1_000).toFixed(1)} s)`);
      if (!ok) console.log(output.trim().replace(/^/gm, '    '));
    }
  };
  await Promise.all(Array.from({ length: atATime }, work));
  return tally;
}
