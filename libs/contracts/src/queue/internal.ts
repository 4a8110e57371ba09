import { z } from 'zod';
import { route } from '../route.ts';
import { QueueId, QueueNumber } from '../shapes.ts';
import { TokenStatus } from './places.ts';
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
