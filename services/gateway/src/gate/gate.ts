import type { RouteSpec } from '@onsale/contracts';
import { memberHash, type Admission, type QueueTokenCodec, type QueueTokenPayload } from '@onsale/shared/auth';
import { Refusal } from '@onsale/shared/errors';
import { LRUCache } from 'lru-cache';
import type { TokenChecks, TokenState } from './token-checks.ts';
import { statusOf } from './queue-status.ts';

/** A token that is ours and this member's, in whatever state. */
export interface HeldToken {
  readonly token: string;
  readonly payload: QueueTokenPayload;
}

export interface Asked {
  readonly spec: Pick<RouteSpec, 'gate'>;
  readonly header: string | undefined;
  readonly memberId: string;
  readonly params: Readonly<Record<string, string>>;
}

/** Tokens whose signature and member are remembered: a waiter shows the same one again and again. */
const KEPT = 50_000;

interface Known extends HeldToken {
  readonly memberId: string;
}

/** Reads tokens without any call: each is verified once for its member, and what was verified is kept, in a bounded cache. */
export const createTokenReader = (codec: QueueTokenCodec) => {
  const known = new LRUCache<string, Known>({ max: KEPT });

  const verify = (token: string, memberId: string): Known => {
    const payload = codec.verify(token);
    if (payload === undefined) throw new Refusal('QUEUE_TOKEN_INVALID', 'The queue token is not one of ours.');
    if (payload.member !== memberHash(memberId)) throw new Refusal('QUEUE_TOKEN_FOREIGN', 'This queue token was given to somebody else.');
    const held = { token, payload, memberId };
    known.set(token, held);
    return held;
  };

  /** Signature, member, and the queue where the path names one. @throws Refusal QUEUE_TOKEN_*, QUEUE_WRONG */
  return ({ header, memberId, params }: Omit<Asked, 'spec'>): HeldToken => {
    if (header === undefined || header === '')
      throw new Refusal('QUEUE_TOKEN_REQUIRED', 'Send the Queue-Token that you were given in the line.');
    const kept = known.get(header);
    const held = kept?.memberId === memberId ? kept : verify(header, memberId);
    if (params['queueId'] !== undefined && params['queueId'] !== held.payload.queueId)
      throw new Refusal('QUEUE_WRONG', 'The queue token is for another queue than the one in the path.');
    return held;
  };
};

export type TokenReader = ReturnType<typeof createTokenReader>;

/** Void: an epoch or a life that is over, or a queue that is gone. */
export const invalid = (): Refusal => new Refusal('QUEUE_TOKEN_INVALID', "The queue token's life is over. Take a new number.");

const notAdmitted = (payload: QueueTokenPayload, result: TokenState & { status: Exclude<TokenState['status'], 'INVALID'> }): Refusal =>
  new Refusal('QUEUE_NOT_ADMITTED', 'It is not your turn. `queue` says where you stand.', {
    extra: { queue: statusOf(payload, result) },
    ...(result.pollAfterMs === undefined ? {} : { retryAfterSeconds: result.pollAfterMs / 1000 }),
  });

const nobodyKnows = (): Refusal =>
  new Refusal('UPSTREAM_UNAVAILABLE', 'Nobody can tell right now whether it is your turn. Your place is kept; ask again.', {
    retryAfterSeconds: 2,
  });

/**
 * The queue gate of a route: answers with where the member stands, for the principal.
 * @throws Refusal QUEUE_TOKEN_REQUIRED, QUEUE_TOKEN_INVALID, QUEUE_TOKEN_FOREIGN, QUEUE_WRONG, QUEUE_NOT_ADMITTED, UPSTREAM_UNAVAILABLE, OVERLOADED
 */
export const createGate = ({ readToken, checks }: { readToken: TokenReader; checks: Pick<TokenChecks, 'unlessAdmitted'> }) => {
  return async (asked: Asked): Promise<{ held: HeldToken; admission: Admission } | undefined> => {
    const { gate } = asked.spec;
    if (gate === 'none' || (gate === 'optional' && (asked.header ?? '') === '')) return undefined;
    const held = readToken(asked);
    const { token, payload } = held;
    const place = { queueId: payload.queueId, number: payload.number, lane: payload.lane };
    if (gate === 'issued') return { held, admission: { ...place, status: 'ISSUED' } };
    const result = await checks.unlessAdmitted(token, payload);
    if (result === undefined || result.status === 'ADMITTED') return { held, admission: { ...place, status: 'ADMITTED' } };
    if (result.status === 'INVALID') throw invalid();
    if (result.unsure) throw nobodyKnows();
    throw notAdmitted(payload, { ...result, status: result.status });
  };
};

export type Gate = ReturnType<typeof createGate>;
