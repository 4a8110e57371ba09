// not from the folders' indexes: a process without an engine does not load its client
import { isEngineAway, isOverloaded, isRetriable, isStatementTimeout } from '../db/database-errors.ts';
import { Refusal } from '../errors/index.ts';
import { isRedisAway } from '../redis/redis-errors.ts';

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
