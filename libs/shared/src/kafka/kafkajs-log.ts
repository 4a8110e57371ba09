import { logLevel, type logCreator } from 'kafkajs';
import type { Log } from '../log/index.ts';

/** The first look-up of a group's coordinator fails while Kafka makes its offsets topic, and is tried again. */
const HARMLESS = /Response GroupCoordinator|The group is rebalancing|group coordinator is not available/i;

/** While a broker is away, each try to connect says the same. */
const SAME_AGAIN_MS = 30_000;

/**
 * kafkajs's own lines in ours. It says "error" of what it will try again, so nothing of it is above a warning (what is lost for good is told by
 * the adapter), and a warning that was just given is not given again.
 */
export const kafkajsLog =
  (log: Log): logCreator =>
  () => {
    const lastGiven = new Map<string, number>();
    const justGiven = (message: string): boolean => {
      const now = performance.now();
      const again = now - (lastGiven.get(message) ?? -Infinity) < SAME_AGAIN_MS;
      if (!again) lastGiven.set(message, now);
      if (lastGiven.size > 100) lastGiven.clear();
      return again;
    };
    return ({ level, namespace, log: { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...fields } }) => {
      const quiet = level > logLevel.WARN || HARMLESS.test(`${message} ${String(fields['error'] ?? '')}`) || justGiven(message);
      log[quiet ? 'debug' : 'warn']({ kafka: fields, part: namespace }, message);
    };
  };
