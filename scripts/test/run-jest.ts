import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { root } from '../paths.ts';
import { programFile } from '../terminal/run-program.ts';

export interface JestOptions {
  seed: number;
  args: string[];
  env: Record<string, string>;
  /** Where its result goes, as JSON. */
  resultFile: string;
  signal: AbortSignal;
}

interface JestResult {
  numPassedTests: number;
  numFailedTests: number;
  numRuntimeErrorTestSuites: number;
  success: boolean;
}

/**
 * For two cores: a third would use the quarter of them that specs leave idle while they wait for an engine, and has the services of two fleets starve
 * each other past the deadlines of production.
 */
const workers = 2;
const killAfterMs = 10_000;
/** Jest waits without end for what a spec left open, a connection or a timer. */
const leftOpenMs = 20_000;

/**
 * Runs jest on this terminal, files and tests in the order of the seed.
 * @returns how many tests passed and failed; a spec file that cannot be loaded, one that leaves something open, or jest's own failure, counts as one
 *   failed
 */
export async function runJest({ seed, args, env, resultFile, signal }: JestOptions): Promise<{ passed: number; failed: number }> {
  rmSync(resultFile, { force: true });
  const order = ['--randomize', '--seed', String(seed), '--maxWorkers', String(workers)];
  const child = spawn(process.execPath, [programFile('jest'), ...order, '--json', '--outputFile', resultFile, ...args], {
    cwd: root,
    env: { ...process.env, ...env, NODE_OPTIONS: nodeOptions },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  let killer: NodeJS.Timeout | undefined;
  const end = () => {
    child.kill('SIGTERM');
    killer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  };
  signal.addEventListener('abort', end);
  const stopWatching = onLeftOpen(resultFile, () => {
    console.log(`a spec left something open that keeps jest running (${leftOpenMs / 1_000} s after the last test): ended`);
    end();
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', resolve);
  });
  signal.removeEventListener('abort', end);
  stopWatching();
  clearTimeout(killer);
  return tally(resultFile, code);
}

/** Jest writes its result when the last test is over. */
function onLeftOpen(resultFile: string, then: () => void): () => void {
  let overSince: number | undefined;
  const watch = setInterval(() => {
    overSince ??= existsSync(resultFile) ? Date.now() : undefined;
    if (overSince === undefined || Date.now() - overSince < leftOpenMs) return;
    clearInterval(watch);
    then();
  }, 1_000);
  return () => clearInterval(watch);
}

/** Jest loads specs as ES modules only with this flag; the warnings are about that flag and about timers of kafkajs. */
const nodeOptions = '--experimental-vm-modules --disable-warning=ExperimentalWarning --disable-warning=TimeoutNegativeWarning';

function tally(resultFile: string, code: number | null): { passed: number; failed: number } {
  try {
    const result = JSON.parse(readFileSync(resultFile, 'utf8')) as JestResult;
    const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
    return { passed: result.numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed };
  } catch {
    return { passed: 0, failed: code === 0 ? 0 : 1 };
  }
}
