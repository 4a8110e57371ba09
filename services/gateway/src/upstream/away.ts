import { Refusal } from '@onsale/shared/errors';

/** No answer of a service: whether it has seen the request is not said. `what` is what the client knows it as. */
export const away = (cause?: unknown, what = 'A part of the shop'): Refusal =>
  new Refusal('UPSTREAM_UNAVAILABLE', `${what} is away. Ask again.`, { retryAfterSeconds: 2, cause });
