import { z } from 'zod';
import { auditRoute } from '../audit.ts';
import { route } from '../route.ts';
import { LaneName, page, PageQuery, QueueId, QueueNumber, text, Timestamp, TimestampInput } from '../shapes.ts';

export const TokenStatus = z.enum(['PREQUEUE', 'WAITING', 'ADMITTED', 'EXPIRED', 'COMPLETED', 'LEFT', 'REVOKED']);
export type TokenStatus = z.infer<typeof TokenStatus>;

/**
 * PREQUEUE: numbers are given out, and drawn at the opening. OPEN: numbers are given out, members are admitted. PAUSED: numbers are given out, nobody is
 * admitted. CLOSED: neither, and for good. Those inside go on until their window ends, in all of them.
 */
export const QueueState = z.enum(['PREQUEUE', 'OPEN', 'PAUSED', 'CLOSED']);
export type QueueState = z.infer<typeof QueueState>;

/**
 * A member's place in a line. `token` is what `Queue-Token` carries; it is answered where it is issued. `state` and `message` are the sale's (absent
 * when they cannot be read at the moment): who waits in a CLOSED one waits for nothing.
 */
export const QueueToken = z.object({
  token: z.string(),
  queueId: QueueId,
  number: QueueNumber,
  lane: z.string(),
  status: TokenStatus,
  position: z.int().min(1).optional(),
  etaSeconds: z.int().min(0).optional(),
  pollAfterMs: z.int().min(0).optional(),
  admittedUntil: Timestamp.optional(),
  state: QueueState.optional(),
  message: z.string().optional(),
});
export type QueueToken = z.infer<typeof QueueToken>;

export const QueueStatus = QueueToken.omit({ token: true });
export type QueueStatus = z.infer<typeof QueueStatus>;

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

/** What an operator sets and sees. */
export const QueueSettings = Queue.extend({
  capacity: z.int().min(1).optional(),
  windowSeconds: z.int(),
  abandonAfterSeconds: z.int(),
  noShowAfterSeconds: z.int().optional(),
  onExpiry: z.enum(['end', 'requeue']),
  tokenLifeSeconds: z.int(),
  maxPollSeconds: z.int(),
  createdAt: Timestamp,
});
export type QueueSettings = z.infer<typeof QueueSettings>;

/** One queue in full. Rates are smoothed over about a minute; those who ended are counted as far as the journal remembers. */
export const QueueDetail = QueueSettings.extend({
  /** Near the head and not seen for `abandonAfterSeconds`; they come back to their place when they ask. */
  passedOver: z.int().min(0),
  /** Admitted, and not come yet. */
  notSeen: z.int().min(0),
  admissionsPerSecond: z.number().min(0),
  byLane: z.array(
    z.object({ name: z.string(), waiting: z.int().min(0), passedOver: z.int().min(0), admissionsPerSecond: z.number().min(0) }),
  ),
  ended: z.object({ EXPIRED: z.int().min(0), COMPLETED: z.int().min(0), LEFT: z.int().min(0), REVOKED: z.int().min(0) }),
  /** What the cap sustains when everybody stays for the whole window: a hint for choosing both. */
  sustainablePerSecond: z.number().min(0).optional(),
});
export type QueueDetail = z.infer<typeof QueueDetail>;

/** Lanes take turns by their weights. The standard one is there without being named, with weight 1; the others are by grant. */
const Lanes = z
  .array(z.strictObject({ name: LaneName, weight: z.int().min(1).max(100).default(1) }))
  .max(8)
  .refine((lanes) => new Set(lanes.map(({ name }) => name)).size === lanes.length, 'a lane is named twice');

const settings = {
  /** Admitted at once, at most; null: no line, everybody is admitted. Comparable systems run 100 to 6,000. */
  cap: z.int().min(0).max(1_000_000).nullable(),
  admitPerSecond: z.number().positive().max(100_000).nullable(),
  /** In the room at most; so many were measured to fit. null: no limit. */
  capacity: z.int().min(1).max(1_000_000).nullable(),
  windowSeconds: z.int().min(1).max(86_400),
  abandonAfterSeconds: z.int().min(1).max(86_400),
  /** An admission whose owner never came for so long is ended early; null: none is. */
  noShowAfterSeconds: z.int().min(1).max(86_400).nullable(),
  onExpiry: z.enum(['end', 'requeue']),
  tokenLifeSeconds: z.int().min(1).max(604_800),
  maxPollSeconds: z.int().min(1).max(300),
  lanes: Lanes,
  message: text(500).nullable(),
  /** Cannot be changed any more once somebody has a number, or it has opened; null: open from the start. */
  opensAt: TimestampInput.nullable(),
};
export const CreateQueue = z
  .strictObject({ id: QueueId, ...settings })
  .partial()
  .required({ id: true, cap: true });
export const ChangeQueue = z.strictObject(settings).partial();

const QueueParams = z.strictObject({ queueId: QueueId });

export const issueToken = route({
  owner: 'queue',
  method: 'POST',
  path: '/queues/{queueId}/tokens',
  summary: 'Take a number; the one you have already is answered again. A lane other than the standard one is by grant or by invitation',
  auth: 'member',
  gate: 'none',
  params: QueueParams,
  body: z
    .strictObject({ lane: LaneName, invitation: z.string().min(1).max(64) })
    .partial()
    .optional(),
  answers: { 200: QueueToken, 201: QueueToken },
  problems: ['NOT_FOUND', 'QUEUE_FULL', 'QUEUE_CLOSED', 'LANE_NOT_GRANTED', 'INVITATION_INVALID'],
});

export const tokenStatus = route({
  owner: 'queue',
  method: 'GET',
  path: '/queues/{queueId}/tokens/current',
  summary: 'Where am I in the line, and when to ask again',
  auth: 'member',
  gate: 'issued',
  params: QueueParams,
  answers: { 200: QueueStatus },
  problems: ['NOT_FOUND', 'QUEUE_WRONG'],
});

/** What the event `end` of a stream carries: the status that a place has ended with, or the code of the problem that a new stream would be. */
export const StreamEnd = z.object({ reason: z.string() });
export type StreamEnd = z.infer<typeof StreamEnd>;

/** 204: this reader has heard the end of its place (`Last-Event-ID`), and need not come again. */
export const streamStatus = route({
  owner: 'gateway',
  method: 'GET',
  path: '/queues/{queueId}/tokens/current/stream',
  summary: 'Hear of every change of my place, by server-sent events',
  auth: 'member',
  gate: 'issued',
  params: QueueParams,
  stream: 'sse',
  answers: { 200: QueueStatus, 204: null },
  problems: ['QUEUE_WRONG'],
});

export const streamStatusBySocket = route({
  owner: 'gateway',
  method: 'GET',
  path: '/queues/{queueId}/tokens/current/stream/ws',
  summary: 'The same by WebSocket',
  auth: 'member',
  gate: 'issued',
  params: QueueParams,
  stream: 'websocket',
  answers: { 101: QueueStatus },
  problems: ['QUEUE_WRONG', 'UPGRADE_REQUIRED'],
});

export const heartbeat = route({
  owner: 'queue',
  method: 'PUT',
  path: '/queues/{queueId}/tokens/current/heartbeat',
  summary: 'Say that I am still here',
  auth: 'member',
  gate: 'issued',
  params: QueueParams,
  body: z.strictObject({}).optional(),
  answers: { 204: null },
  problems: ['NOT_FOUND', 'QUEUE_WRONG'],
});

export const leaveQueue = route({
  owner: 'queue',
  method: 'DELETE',
  path: '/queues/{queueId}/tokens/current',
  summary: 'Leave the line, or give the place inside back',
  auth: 'member',
  gate: 'issued',
  params: QueueParams,
  answers: { 204: null },
  problems: ['NOT_FOUND', 'QUEUE_WRONG'],
});

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

export const createQueue = route({
  owner: 'queue',
  method: 'POST',
  path: '/admin/queues',
  summary: 'Open a waiting room',
  auth: 'operator',
  gate: 'none',
  body: CreateQueue,
  answers: { 201: QueueSettings },
  problems: ['QUEUE_EXISTS'],
});

export const listAllQueues = route({
  owner: 'queue',
  method: 'GET',
  path: '/admin/queues',
  summary: 'Queues with their settings',
  auth: 'operator',
  gate: 'none',
  query: PageQuery,
  answers: { 200: page(QueueSettings) },
  problems: [],
});

export const readQueueDetail = route({
  owner: 'queue',
  method: 'GET',
  path: '/admin/queues/{queueId}',
  summary: 'One queue in full: settings, who is where in it, how it moves',
  auth: 'operator',
  gate: 'none',
  params: QueueParams,
  answers: { 200: QueueDetail },
  problems: ['NOT_FOUND'],
});

export const changeQueue = route({
  owner: 'queue',
  method: 'PATCH',
  path: '/admin/queues/{queueId}',
  summary: 'Change what the request names, live',
  auth: 'operator',
  gate: 'none',
  params: QueueParams,
  body: ChangeQueue,
  answers: { 200: QueueSettings },
  problems: ['NOT_FOUND', 'OPENING_FIXED'],
});

/** What members are told from now on; `null` takes the message away, what is absent leaves it. */
export const SaleNotice = z.strictObject({ message: text(500).nullable().optional() }).optional();

const steer = <const P extends string>(verb: P, summary: string) =>
  route({
    owner: 'queue',
    method: 'POST',
    path: `/admin/queues/{queueId}/${verb}`,
    summary,
    auth: 'operator',
    gate: 'none',
    params: QueueParams,
    body: SaleNotice,
    answers: { 200: QueueSettings },
    problems: ['NOT_FOUND', 'QUEUE_ALREADY_CLOSED'],
  });

export const pauseQueue = steer('pause', 'Admit nobody; numbers are still given out');
export const resumeQueue = steer('resume', 'Admit again');
export const closeQueue = steer('close', 'Give out no more numbers and admit nobody, for good');

/** A number as its row in the journal has it: ADMITTED, or how it ended. Times are absent where there were none. */
export const QueuePlace = z.object({
  queueId: QueueId,
  number: QueueNumber,
  lane: z.string(),
  status: TokenStatus,
  admittedAt: Timestamp.optional(),
  admittedUntil: Timestamp.optional(),
  endedAt: Timestamp.optional(),
});
export type QueuePlace = z.infer<typeof QueuePlace>;

/** Numbers are microseconds since the queue's epoch: 126 years of them. */
const MOST_MICROS = 4_000_000_000_000_000;

const endingByNumber = <const P extends string>(noun: P, summary: string) =>
  route({
    owner: 'queue',
    method: 'POST',
    path: `/admin/queues/{queueId}/${noun}`,
    summary,
    auth: 'operator',
    gate: 'none',
    params: QueueParams,
    body: z.strictObject({ number: QueueNumber.max(MOST_MICROS) }),
    answers: { 200: QueuePlace },
    problems: ['NOT_FOUND'],
  });

export const revokePlace = endingByNumber('revocations', 'Take a number back: waiting, admitted or not seen yet; the first end stays');
export const completePlace = endingByNumber('completions', 'Tell that a purchase is through, and free its slot; the first end stays');

/** Codes for one place each; they are never shown again. */
export const Invitations = z.object({ lane: z.string(), codes: z.array(z.string()) });
export type Invitations = z.infer<typeof Invitations>;

export const createInvitations = route({
  owner: 'queue',
  method: 'POST',
  path: '/admin/queues/{queueId}/invitations',
  summary: 'Make codes by which members come into a lane, shown this once',
  auth: 'operator',
  gate: 'none',
  params: QueueParams,
  body: z.strictObject({ lane: LaneName, count: z.int().min(1).max(1000) }),
  answers: { 201: Invitations },
  problems: ['NOT_FOUND'],
});

/** For operators: who changed what here. */
export const readQueueAudit = auditRoute('queue');
