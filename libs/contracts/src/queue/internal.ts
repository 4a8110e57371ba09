import { z } from 'zod';
import { gatheredRoute } from '../gathered.ts';
import { route } from '../route.ts';
import { QueueId, QueueNumber } from '../shapes.ts';
import { QueueToken, TokenStatus } from './places.ts';
import { QueueState } from './queues.ts';

/** One token whose signature the gateway has checked; `member` is the hash of the member that the token carries. */
export const TokenCheck = z.strictObject({
  queueId: QueueId,
  epoch: z.int().min(1),
  number: QueueNumber,
  lane: z.string(),
  member: z.string().min(1).max(64),
  /** Seconds since 1970: what epoch and number say, for whoever reads a token. The queue judges a life by the number. */
  issuedAt: z.int().min(0),
});
export type TokenCheck = z.infer<typeof TokenCheck>;

/** `INVALID`: a queue that is not there, an epoch that is over, or a life that is. */
export const TokenCheckResult = z.object({
  status: z.union([TokenStatus, z.literal('INVALID')]),
  position: z.int().optional(),
  etaSeconds: z.int().optional(),
  pollAfterMs: z.int().optional(),
  admittedUntil: z.string().optional(),
  /** Of an ADMITTED one, by the queue's clock: how long the answer may be kept at most. */
  remainingMs: z.int().optional(),
  /** Of a WAITING one: whether it is admitted could not be asked, so no gate may tell its holder that it is not. */
  unsure: z.literal(true).optional(),
});
export type TokenCheckResult = z.infer<typeof TokenCheckResult>;

/** What every answer to a token of this queue says of its sale; told once for all of them. */
export const Sale = z.object({ queueId: QueueId, state: QueueState, message: z.string().optional() });
export type Sale = z.infer<typeof Sale>;

export const checkTokens = route({
  owner: 'queue',
  method: 'POST',
  path: '/internal/tokens/check',
  summary: 'The state of many tokens in one look',
  auth: 'gateway',
  gate: 'none',
  body: z.strictObject({ tokens: z.array(TokenCheck).min(1).max(1000) }),
  /** `results` are in the order of the tokens; `sales` are those of their queues that could be read. */
  answers: { 200: z.object({ results: z.array(TokenCheckResult), sales: z.array(Sale).optional() }) },
  problems: [],
  maxBodyBytes: 1_048_576,
});

/** What a member is given who asks for a number: its place; `created` is false for one that it had. */
export const NumberGiven = z.object({ created: z.boolean(), token: QueueToken });
export type NumberGiven = z.infer<typeof NumberGiven>;

export const issueTokens = gatheredRoute({
  owner: 'queue',
  path: '/internal/tokens',
  summary: 'Numbers in the standard lane for many members at once, in the order in which they came',
  asked: z.strictObject({ queueId: QueueId, memberId: z.string().min(1).max(128) }),
  given: NumberGiven,
});

/** The channel of `PlacesChanged`. */
export const PLACES_CHANGED = 'queue-places';
/** A notice, best effort: of these numbers the queue has something new to say, an admission or an end. */
export const PlacesChanged = z.object({ queueId: QueueId, numbers: z.array(QueueNumber) });
export type PlacesChanged = z.infer<typeof PlacesChanged>;
