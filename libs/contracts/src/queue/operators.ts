import { z } from 'zod';
import { auditRoute } from '../audit.ts';
import { route } from '../route.ts';
import { LaneName, page, PageQuery, QueueId, QueueNumber, text, Timestamp, TimestampInput } from '../shapes.ts';
import { TokenStatus } from './places.ts';
import { Queue, QueueParams } from './queues.ts';

/** What an operator sets and sees. */
export const QueueSettings = Queue.extend({
  capacity: z.int().min(1).optional(),
  windowSeconds: z.int(),
  abandonAfterSeconds: z.int(),
  noShowAfterSeconds: z.int().optional(),
  onExpiry: z.enum(['end', 'requeue']),
  tokenLifeSeconds: z.int(),
  maxPollSeconds: z.int(),
  /** From 1; tokens of those before it are void. */
  epoch: z.int().min(1),
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

/**
 * The epoch is named that is to end, so that a request which is sent again ends no other: one that has ended already is the same answer. `message` as in
 * `SaleNotice`.
 */
export const endEpoch = route({
  owner: 'queue',
  method: 'POST',
  path: '/admin/queues/{queueId}/epochs',
  summary: 'End all places and tokens of an epoch, and begin the next with an empty line',
  auth: 'operator',
  gate: 'none',
  params: QueueParams,
  body: z.strictObject({ endsEpoch: z.int().min(1).max(1_000_000), message: text(500).nullable().optional() }),
  answers: { 200: QueueSettings },
  problems: ['NOT_FOUND', 'EPOCH_NOT_BEGUN'],
});

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

/** Numbers are microseconds since the queue was made: 126 years of them. */
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
