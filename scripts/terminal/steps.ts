import { Listr } from 'listr2';

/** One line on the screen while it runs. What `run` returns is put behind the title; what it says shows that it is alive. */
export interface Step {
  title: string;
  run: (say: (text: string) => void) => Promise<string | void>;
}

export interface StepsOptions {
  /** All at once, and not one after the other. */
  together?: boolean;
  /** No further step begins once this is aborted. */
  signal?: AbortSignal;
}

const signOfLifeMs = 10_000;

/**
 * Runs the steps with a tick and a duration for each: a live list on a terminal, plain lines elsewhere. Steps that run together are all waited for,
 * so that nothing is still starting when the caller begins to clean up.
 * @throws the error of the first step that failed
 */
export async function runSteps(steps: Step[], { together = false, signal }: StepsOptions = {}): Promise<void> {
  const errors: unknown[] = [];
  const watched = steps.map((step) => ({
    ...step,
    run: async (say: (text: string) => void) => {
      signal?.throwIfAborted();
      try {
        return await step.run(say);
      } catch (error) {
        errors.push(error);
        throw error;
      }
    },
  }));
  await (process.stdout.isTTY ? onTerminal(watched, together) : inLines(watched, together));
  signal?.throwIfAborted();
  if (errors.length > 0) throw errors[0];
}

async function onTerminal(steps: Step[], together: boolean): Promise<void> {
  const tasks = steps.map(({ title, run }) => ({
    title,
    task: async (_: unknown, task: { title: string; output: string }) => {
      const began = performance.now();
      const alive = setInterval(() => (task.title = `${title} (${seconds(began)})`), 1_000);
      try {
        const note = await run((text) => (task.output = text));
        task.title = line(title, note, began);
      } finally {
        clearInterval(alive);
      }
    },
  }));
  const options = { concurrent: together, registerSignalListeners: false };
  await new Listr(tasks, { ...options, exitOnError: !together, rendererOptions: { collapseErrors: false, showErrorMessage: false } })
    .run()
    .catch(() => {}); // runSteps has kept the error
}

async function inLines(steps: Step[], together: boolean): Promise<void> {
  const runOne = async ({ title, run }: Step) => {
    const began = performance.now();
    const alive = setInterval(() => console.log(`  ${title} ... (${seconds(began)})`), signOfLifeMs);
    try {
      const note = await run((text) => console.log(`  ${title}: ${text}`));
      console.log(`✔ ${line(title, note, began)}`);
    } catch (error) {
      console.log(`✖ ${line(title, undefined, began)}`);
      throw error;
    } finally {
      clearInterval(alive);
    }
  };
  if (together) {
    await Promise.allSettled(steps.map(runOne));
    return;
  }
  for (const step of steps) {
    const failed = await runOne(step).then(
      () => false,
      () => true,
    );
    if (failed) return;
  }
}

function line(title: string, note: string | void, began: number): string {
  return `${title}${note ? `: ${note}` : ''} (${seconds(began)})`;
}

function seconds(began: number): string {
  return `${((performance.now() - began) / 1_000).toFixed(1)} s`;
}
