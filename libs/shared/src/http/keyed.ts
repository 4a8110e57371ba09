import { createHash } from 'node:crypto';
import { Refusal } from '../errors/index.ts';
import type { KeyedStore, KeyScope, Once } from '../idempotency/index.ts';

/** 1 to 255 visible ASCII characters (draft-ietf-httpapi-idempotency-key-header). */
const KEY = /^[\x21-\x7e]{1,255}$/;

export interface KeyedRequest {
  readonly memberId: string;
  readonly method: string;
  /** The concrete path, without its query. */
  readonly path: string;
  readonly key: string | undefined;
  /** What must be the same for the key to mean the same request. */
  readonly query: unknown;
  readonly body: unknown;
}

const hashOf = ({ query, body }: KeyedRequest): Buffer =>
  createHash('sha256')
    .update(JSON.stringify([query, body ?? null]))
    .digest();

/** The key of a request that needs one. @throws Refusal IDEMPOTENCY_KEY_REQUIRED, or VALIDATION_FAILED when it is malformed */
export const idempotencyKeyOf = (header: string | undefined): string => {
  if (header === undefined || header === '')
    throw new Refusal('IDEMPOTENCY_KEY_REQUIRED', 'Send an Idempotency-Key of your own choosing, and the same one when you ask again.');
  if (!KEY.test(header)) {
    throw new Refusal('VALIDATION_FAILED', 'The Idempotency-Key is malformed.', {
      errors: [{ pointer: '/headers/idempotency-key', detail: 'must be 1 to 255 visible ASCII characters' }],
    });
  }
  return header;
};

const scopeOf = (request: KeyedRequest): KeyScope => {
  const { memberId, method, path } = request;
  const key = idempotencyKeyOf(request.key);
  return { memberId, method, path, key, requestHash: hashOf(request) };
};

/**
 * Does a keyed request once: a value that was kept is answered again without doing anything; duplicates in this process share one flight;
 * those in other processes meet at the key's row.
 */
export const createKeyed = ({ store }: { store: KeyedStore }) => {
  /**
   * A request that was done before meets its key in its transaction, or is refused before that for its own effect (the seat it wants is taken: by
   * itself). So a refusal stands only if the key is unknown.
   */
  const firstOrKept = async <V>(scope: KeyScope, act: (once: Once) => Promise<V>): Promise<{ value: V; known: boolean }> => {
    const once = store.once(scope);
    try {
      return { value: await act(once), known: once.replayed };
    } catch (error) {
      const kept = error instanceof Refusal && error.code !== 'IDEMPOTENCY_KEY_REUSED' ? await store.find(scope) : undefined;
      if (kept === undefined) throw error;
      return { value: kept.value as V, known: true };
    }
  };

  const flights = new Map<string, { hash: Buffer; value: Promise<unknown> }>();
  return async <V>(request: KeyedRequest, act: (once: Once) => Promise<V>): Promise<{ value: V; replayed: boolean }> => {
    const scope = scopeOf(request);
    const hash = hashOf(request);
    const id = JSON.stringify([scope.memberId, scope.method, scope.path, scope.key]);
    const flight = flights.get(id);
    if (flight !== undefined) {
      if (!flight.hash.equals(hash)) throw new Refusal('IDEMPOTENCY_KEY_REUSED', 'This key was sent with another request.');
      return { value: (await flight.value) as V, replayed: true };
    }
    let replayed = false;
    const fly = async (): Promise<V> => {
      const { value, known } = await firstOrKept<V>(scope, act);
      replayed = known;
      return value;
    };
    const value = fly();
    flights.set(id, { hash, value });
    try {
      return { value: await value, replayed };
    } finally {
      flights.delete(id);
    }
  };
};
