import { z } from 'zod';
import { route } from '../route.ts';
import { LaneName, QueueId, QueueNumber, Timestamp } from '../shapes.ts';
import { QueueParams, QueueState } from './queues.ts';

export const TokenStatus = z.enum(['PREQUEUE', 'WAITING', 'ADMITTED', 'EXPIRED', 'COMPLETED', 'LEFT', 'REVOKED']);
export type TokenStatus = z.infer<typeof TokenStatus>;

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
