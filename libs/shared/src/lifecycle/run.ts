import { ConfigError } from '../config/read-config.ts';
import type { Service } from './service.ts';

/** Wrong settings are for people, who read lines; all else is for whoever collects logs. */
const fail = (message: string, error: unknown): never => {
  if (error instanceof ConfigError) {
    process.stderr.write(`${message}: ${error.message}\n`);
    process.exit(1);
  }
  process.stderr.write(
    `${JSON.stringify({ level: 'fatal', msg: message, error: error instanceof Error ? error.stack : String(error) })}\n`,
  );
  process.exit(1);
};

/**
 * What `main.ts` is: composes, starts, and stops on SIGTERM or SIGINT with exit code 0, also while it is starting. A service that cannot start, an
 * error that nobody caught, or a stop beyond its deadline ends the process with exit code 1: a supervisor's restart is better than a process in doubt.
 */
export const run = async (compose: () => Service | Promise<Service>): Promise<void> => {
  process.on('uncaughtException', (error) => fail('uncaught exception', error));
  process.on('unhandledRejection', (error) => fail('unhandled rejection', error));
  let service: Service;
  try {
    service = await compose();
  } catch (error) {
    return fail('could not start', error);
  }
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    service.log.info({ signal }, 'stopping');
    setTimeout(() => fail('stop took too long', undefined), service.stopWithinMs).unref();
    service.stop().then(
      () => process.exit(0),
      (error: unknown) => fail('could not stop', error),
    );
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  try {
    await service.start();
  } catch (error) {
    if (!stopping) fail('could not start', error);
  }
};

/** For parts that find that they cannot go on (a consumer that is lost): end the process, so that the supervisor starts a whole one. */
export const exitOn =
  (log: Service['log']) =>
  (error: unknown): void => {
    log.fatal({ err: error }, 'a part is lost; ending the process');
    setImmediate(() => process.exit(1));
  };
