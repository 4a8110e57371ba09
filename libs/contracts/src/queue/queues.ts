import { z } from 'zod';
import { route } from '../route.ts';
import { page, PageQuery, QueueId, QueueNumber, Timestamp } from '../shapes.ts';

/**
 * PREQUEUE: numbers are given out, and drawn at the opening. OPEN: numbers are given out, members are admitted. PAUSED: numbers are given out, nobody is
 * admitted. CLOSED: neither, and for good. Those inside go on until their window ends, in all of them.
 */
export const QueueState = z.enum(['PREQUEUE', 'OPEN', 'PAUSED', 'CLOSED']);
export type QueueState = z.infer<typeof QueueState>;

/** What anybody may know of a queue. `cap` is absent where everybody is admitted. */
export const Queue = z.object({
  id: QueueId,
  state: QueueState,
  waiting: z.int().min(0),
  admitted: z.int().min(0),
  cap: z.int().min(0).optional(),
  admitPerSecond: z.number().positive().optional(),
  /** Where there is more than the standard lane: how many wait in each, and by which weights they take turns. */
  lanes: z.array(z.object({ name: z.string(), weight: z.int(), waiting: z.int().min(0) })).optional(),
  /** Of a queue with an opening: PREQUEUE until then; who comes before is put in order by a draw. */
  opensAt: Timestamp.optional(),
  message: z.string().optional(),
});
export type Queue = z.infer<typeof Queue>;

/** A queue by its id, in a path. */
export const QueueParams = z.strictObject({ queueId: QueueId });

export const listQueues = route({
  owner: 'queue',
  method: 'GET',
  path: '/queues',
  summary: 'Queues and their counters',
  auth: 'none',
  gate: 'none',
  query: PageQuery,
  answers: { 200: page(Queue) },
  problems: [],
  cache: 'public, max-age=1',
});

export const readQueue = route({
  owner: 'queue',
  method: 'GET',
  path: '/queues/{queueId}',
  summary: 'Counters of one queue',
  auth: 'none',
  gate: 'none',
  params: QueueParams,
  answers: { 200: Queue },
  problems: ['NOT_FOUND'],
  cache: 'public, max-age=1',
});

/** Somebody who had a number before the opening. Lower scores come first, and of equal ones the lower number. */
export const DrawEntry = z.object({
  number: QueueNumber,
  /** The hash of the member's id that is in its token. */
  member: z.string(),
  lane: z.string(),
  /** The first 48 bits of HMAC-SHA256 (key: the seed's 32 bytes; message: `member`, as text). */
  score: z.int().min(0),
  /** Redis had lost it when the list was closed; it came back and was admitted. */
  returned: z.boolean().optional(),
  /** How manieth of all it was admitted, if it was. */
  turn: z.int().min(1).optional(),
  /** It was away when its turn came, and admitted after others whom it precedes. */
  late: z.boolean().optional(),
});
export type DrawEntry = z.infer<typeof DrawEntry>;

/** The draw of a queue, so that anybody can check it. */
export const Draw = z.object({
  queueId: QueueId,
  opensAt: Timestamp,
  /** SHA-256 of the seed's 32 bytes, in hexadecimal: from the start. */
  seedHash: z.string(),
  /** The seed, in hexadecimal: from the opening on. */
  seed: z.string().optional(),
  /** Entries when the list was closed, before the first admission. Absent until then, and so are the entries. */
  count: z.int().min(0).optional(),
  /** In the order of the draw. */
  entries: z.array(DrawEntry),
  nextCursor: z.string().optional(),
});
export type Draw = z.infer<typeof Draw>;

export const readDraw = route({
  owner: 'queue',
  method: 'GET',
  path: '/queues/{queueId}/draw',
  summary: 'How the order of those who came before the opening was drawn',
  auth: 'none',
  gate: 'none',
  params: QueueParams,
  query: PageQuery.extend({ limit: z.coerce.number().int().min(1).max(1000).default(100) }),
  answers: { 200: Draw },
  problems: ['NOT_FOUND'],
  cache: 'public, max-age=5',
});
