import { Refusal } from '../errors/index.ts';

const AWAY = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR',
  'ER_SERVER_SHUTDOWN',
  'ER_CON_COUNT_ERROR',
  'ER_TOO_MANY_USER_CONNECTIONS',
  'ER_ACCESS_DENIED_ERROR',
]);
const OVERRUN = new Set([
  'ER_LOCK_WAIT_TIMEOUT',
  'ER_LOCK_DEADLOCK',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'ER_STATEMENT_TIMEOUT',
  'ER_QUERY_TIMEOUT',
]);

const fieldsOf = (error: unknown): { name: string; code: string; message: string } => {
  const { name, code, message } = Object(error) as { name?: unknown; code?: unknown; message?: unknown };
  return { name: String(name), code: String(code), message: String(message) };
};

/**
 * An engine's failure as a refusal: away -> UPSTREAM_UNAVAILABLE, overrun (pool, locks, statement deadline) -> OVERLOADED. Known by name and
 * code alone, so that a process without a database does not load one's client.
 */
export const refusalOfEngine = (error: unknown): Refusal | undefined => {
  const { name, code, message } = fieldsOf(error);
  if (AWAY.has(code) || name === 'MaxRetriesPerRequestError' || message === 'Command timed out' || message === 'Connection is closed.') {
    return new Refusal('UPSTREAM_UNAVAILABLE', 'A part of the shop is away. Nothing is lost; ask again.', {
      retryAfterSeconds: 2,
      cause: error,
    });
  }
  if (OVERRUN.has(code) || name === 'KnexTimeoutError') {
    return new Refusal('OVERLOADED', 'Too much at once. Ask again in a moment.', { retryAfterSeconds: 1, cause: error });
  }
  return undefined;
};
