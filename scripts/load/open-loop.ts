import { setTimeout as rest } from 'node:timers/promises';

/**
 * Starts the jobs at a fixed rate whatever the answers do, and measures each from the time at which it should have begun, so that a stall
 * counts for everyone who would have come during it (no coordinated omission).
 */
export const openLoop = async <T, R>(
  jobs: readonly T[],
  perSecond: number,
  work: (job: T) => Promise<R>,
): Promise<{ ms: number; result: R }[]> => {
  const began = performance.now();
  const running: Promise<{ ms: number; result: R }>[] = [];
  for (const [i, job] of jobs.entries()) {
    const due = began + (i * 1000) / perSecond;
    const wait = due - performance.now();
    if (wait > 0) await rest(wait);
    running.push(work(job).then((result) => ({ ms: performance.now() - due, result })));
  }
  return Promise.all(running);
};
