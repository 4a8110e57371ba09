// not from the folder's index: a process without a database does not load one's client
import { isEngineAway, isOverloaded, isRetriable, isStatementTimeout } from '../db/database-errors.ts';
import { Refusal } from '../errors/index.ts';

/** What ioredis throws when it gave up on a command; it has no class or code to know them by. */
const isRedisAway = (error: unknown): boolean => {
  const { name, message } = Object(error) as { name?: unknown; message?: unknown };
  return name === 'MaxRetriesPerRequestError' || message === 'Command timed out' || message === 'Connection is closed.';
};

/** An engine's failure as a refusal: away -> UPSTREAM_UNAVAILABLE, overrun (pool, locks, statement deadline) -> OVERLOADED. */
export const refusalOfEngine = (error: unknown): Refusal | undefined => {
  if (isEngineAway(error) || isRedisAway(error)) {
    return new Refusal('UPSTREAM_UNAVAILABLE', 'A part of the shop is away. Nothing is lost; ask again.', {
      retryAfterSeconds: 2,
      cause: error,
    });
  }
  if (isOverloaded(error) || isRetriable(error) || isStatementTimeout(error)) {
    return new Refusal('OVERLOADED', 'Too much at once. Ask again in a moment.', { retryAfterSeconds: 1, cause: error });
  }
  return undefined;
};
