import type { BodyOf, ParamsOf, QueryOf, RouteSpec } from '@onsale/contracts';
import type { Admission, Member } from '../auth/index.ts';
import type { Once } from '../idempotency/index.ts';
import type { Answer } from './answer.ts';

/** A request as a door hands it to its use case: validated, and vouched for by the gateway. */
export interface Request<R extends RouteSpec = RouteSpec> {
  readonly params: ParamsOf<R>;
  readonly query: QueryOf<R>;
  readonly body: BodyOf<R>;
  readonly member: R['auth'] extends 'member' | 'operator' ? Member : Member | undefined;
  /** Where the caller stands in which line; there whenever the route's gate asks for it. */
  readonly admission: R['gate'] extends 'none' | 'optional' ? Admission | undefined : Admission;
  /** Does the use case's transaction once for each `Idempotency-Key`. */
  readonly once: R['idempotency'] extends 'required' ? Once : undefined;
  /** Whether the `Idempotency-Key` was known, and nothing was done; told to whoever makes the answer. */
  readonly replayed: boolean;
  readonly header: (name: string) => string | undefined;
  readonly requestId: string;
  /** Aborted at the request's deadline and when the client has gone. */
  readonly signal: AbortSignal;
  /** How long the client wants to wait for an end (`Prefer: wait`, RFC 7240). */
  readonly waitMs: number;
}

/** A route with its handler, of any shape; only `createApp` looks inside. */
export interface Door {
  readonly route: RouteSpec;
  readonly act: (request: never) => Promise<unknown>;
  readonly answer: ((value: never, request: never) => Answer | Promise<Answer>) | undefined;
}

type Act<R extends RouteSpec, V> = (request: Request<R>) => Promise<V>;
type Render<R extends RouteSpec, V> = (value: V, request: Request<R>) => Answer | Promise<Answer>;

/**
 * Binds a use case to its route. `act` does the work, `answer` turns its value into an answer; a keyed route that is asked again skips
 * `act` and renders the value that was kept, so `act` returns plain JSON there. Without `answer`, `act` returns the answer itself.
 */
export function implement<R extends RouteSpec>(route: R & { idempotency?: undefined }, act: Act<R, Answer>): Door;
export function implement<R extends RouteSpec, V>(route: R, act: Act<R, V>, answer: Render<R, V>): Door;
export function implement(route: RouteSpec, act: Door['act'], answer?: Door['answer']): Door {
  return { route, act, answer };
}
