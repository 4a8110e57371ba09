import { logLevel, type logCreator } from 'kafkajs';
import type { Log } from '../log/index.ts';

/** The first look-up of a group's coordinator fails while Kafka makes its offsets topic, and is tried again (facts.md). */
const HARMLESS = /Response GroupCoordinator|The group is rebalancing|group coordinator is not available/i;

/**
 * kafkajs's own lines in ours. It says "error" of what it will try again, so nothing of it is above a warning: what is lost for good is told by
 * the adapter.
 */
export const kafkajsLog =
  (log: Log): logCreator =>
  () =>
  ({ level, namespace, log: { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...fields } }) => {
    const harmless = HARMLESS.test(`${message} ${String(fields['error'] ?? '')}`);
    const severity = level > logLevel.WARN || harmless ? 'debug' : 'warn';
    log[severity]({ kafka: fields, part: namespace }, message);
  };
