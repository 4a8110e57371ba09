import { CannotGoOn } from '../engines/engines.ts';
import { runProgram } from '../terminal/run-program.ts';

/** The spec files that jest would run for these arguments. @throws CannotGoOn when there is none, or jest does not understand them */
export async function listSpecs(args: string[]): Promise<string[]> {
  const { ok, output } = await runProgram('jest', ['--listTests', ...args]);
  if (!ok) throw new CannotGoOn(output.trim());
  const specs = output.split('\n').filter((line) => line.endsWith('.spec.ts'));
  if (specs.length === 0) throw new CannotGoOn(`no test matches ${args.join(' ')}`);
  return specs;
}

/** Those that look at pages in a browser are named so. */
export function needBrowser(specs: readonly string[]): boolean {
  return specs.some((spec) => spec.endsWith('.browser.e2e.spec.ts'));
}

/** Pure ones run without engines. */
export function needEngines(specs: readonly string[]): boolean {
  return specs.some((spec) => !spec.endsWith('.unit.spec.ts'));
}
