import type { z } from 'zod';
import type { Code } from './codes.ts';

export type Owner = 'gateway' | 'queue' | 'reservation' | 'payment' | 'commerce';

/** Who may call: anybody, a signed-in member, an operator; `gateway` marks the routes between services, which are never proxied. */
export type Auth = 'none' | 'member' | 'operator' | 'gateway';

/**
 * What the gateway asks of the `Queue-Token`: nothing; an admitted one where one is sent (the owner knows whether it is needed); a genuine one of this
 * member in any state; an admitted one.
 */
export type Gate = 'none' | 'optional' | 'issued' | 'admitted';

/** One HTTP route as data. Validation, handler types, gateway, documentation and access matrix are all read from it. */
export interface RouteSpec {
  readonly owner: Owner;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/api/v1`, but for `/internal/...` and `/.well-known/...`, which stand at the root. */
  readonly path: `/${string}`;
  readonly summary: string;
  readonly auth: Auth;
  readonly gate: Gate;
  /** `required`: the request needs an `Idempotency-Key`, and is done once for each. */
  readonly idempotency?: 'required';
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** The answer is not one body but messages, each a whole one of what `answers` names: server-sent events, or WebSocket frames. */
  readonly stream?: 'sse' | 'websocket';
  /** Status to body; `null` is an answer without one. */
  readonly answers: { readonly [status: number]: z.ZodType | null };
  /** The codes this route answers with beside those that every route has (validation, authentication, gate, limits, failures). */
  readonly problems: readonly Code[];
  /** `Cache-Control` of its 2xx answers; `no-store` unless said here. */
  readonly cache?: string;
  /** Largest body in bytes; 64 KiB unless said here. */
  readonly maxBodyBytes?: number;
}

/** Declares a route, keeping its literals in the type. */
export const route = <const R extends RouteSpec>(spec: R): R => spec;

/** Where a route stands on its server: `/api/v1` before the public ones. */
export const pathOf = (spec: Pick<RouteSpec, 'path'>): string =>
  spec.path.startsWith('/internal/') || spec.path.startsWith('/.well-known/') ? spec.path : `/api/v1${spec.path}`;

type Schema<T, Empty> = T extends z.ZodType ? z.output<T> : Empty;

/** What a handler of the route receives, after validation. */
export type ParamsOf<R extends RouteSpec> = Schema<R['params'], Record<string, never>>;
export type QueryOf<R extends RouteSpec> = Schema<R['query'], Record<string, never>>;
export type BodyOf<R extends RouteSpec> = Schema<R['body'], undefined>;
/** What the route answers with, for one of its statuses. */
export type AnswerOf<R extends RouteSpec, S extends keyof R['answers']> = R['answers'][S] extends z.ZodType
  ? z.output<R['answers'][S]>
  : undefined;
