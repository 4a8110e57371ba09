import type { Refused } from '@onsale/contracts';
import { Refusal } from '../errors/index.ts';
import { refusalOf } from './problem.ts';

/** Whatever was thrown, as one of many is told of it. */
export const refusedOf = (error: unknown): Refused => {
  const { code, detail, retryAfterSeconds, errors, extra } = refusalOf(error);
  return {
    code,
    detail,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    ...(errors !== undefined && { errors: [...errors] }),
    ...(Object.keys(extra).length > 0 && { extra: { ...extra } }),
  };
};

/** The refusal again, where it was told: its problem is the one that a request of its own would have had. */
export const refusalOfRefused = ({ code, detail, ...options }: Refused): Refusal => {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0; // where it is made again says nothing, and costs more than the rest of it
  try {
    return new Refusal(code, detail, options);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
};
