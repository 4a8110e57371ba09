/** Why a command is to end early. */
export class Interrupted extends Error {
  constructor(by: string) {
    super(`interrupted by ${by}`);
    this.name = 'Interrupted';
  }
}

/**
 * Turns Ctrl-C, SIGTERM, SIGHUP and the death of the launcher (its channel closes) into one abort, so that a command can clean up behind itself.
 * `atOnce` runs when any of them comes a second time.
 */
export function onInterruption({ atOnce }: { atOnce: () => void }): AbortSignal {
  const controller = new AbortController();
  const interrupt = (by: string) => {
    if (controller.signal.aborted) atOnce();
    else controller.abort(new Interrupted(by));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupt(signal));
  process.on('disconnect', () => {
    if (!controller.signal.aborted) interrupt('the end of the launcher');
  });
  process.channel?.unref(); // listening must not keep the command awake
  // nobody may be left to read what is printed, and a broken pipe must not stop the cleaning up
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  return controller.signal;
}
