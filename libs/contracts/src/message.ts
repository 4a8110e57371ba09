import { z } from 'zod';
import type { Code } from './codes.ts';
import type { Owner } from './route.ts';

/**
 * What travels through Kafka: CloudEvents 1.0 in structured JSON. `id` is what consumers count once; `subject` is the aggregate (and the
 * Kafka key, so one aggregate keeps its order); `sequence` is the aggregate's version, where it has one.
 */
export const Message = z.object({
  specversion: z.literal('1.0'),
  id: z.string().min(1).max(120),
  source: z.string(),
  type: z.string(),
  subject: z.string().min(1).max(64),
  sequence: z.int().optional(),
  time: z.string(),
  traceparent: z.string().optional(),
  datacontenttype: z.literal('application/json').optional(),
  data: z.unknown(),
});
export type Message = z.infer<typeof Message>;

/** A fact that its owner tells everyone. */
export interface EventSpec<D extends z.ZodType = z.ZodType> {
  readonly kind: 'event';
  readonly owner: Owner;
  readonly type: string;
  readonly data: D;
}

/** A request to the owner, answered by one reply: DONE with data, or REFUSED with a code. */
export interface CommandSpec<D extends z.ZodType = z.ZodType, R extends z.ZodType = z.ZodType> {
  readonly kind: 'command';
  readonly owner: Owner;
  readonly type: string;
  readonly data: D;
  readonly reply: R;
  readonly refusals: readonly Code[];
}

export const event = <const D extends z.ZodType>(spec: Omit<EventSpec<D>, 'kind'>): EventSpec<D> => ({ kind: 'event', ...spec });

export const command = <const D extends z.ZodType, const R extends z.ZodType>(
  spec: Omit<CommandSpec<D, R>, 'kind'>,
): CommandSpec<D, R> => ({
  kind: 'command',
  ...spec,
});

/** What a command's owner answers; the message's subject is the saga's id. */
export const Reply = z.object({
  command: z.string(),
  outcome: z.enum(['DONE', 'REFUSED']),
  code: z.string().optional(),
  detail: z.string().optional(),
  data: z.unknown().optional(),
});
export type Reply = z.infer<typeof Reply>;

export type Channel = 'events' | 'commands' | 'replies';

/** The topic of an owner's channel, without the fleet's namespace: `reservation.events`. */
export const topicOf = (owner: Owner, channel: Channel): string => `${owner}.${channel}`;

/** The id of a saga step's command. A re-sent command is the same message. */
export const commandId = (saga: string, step: string, direction: 'do' | 'undo'): string => `${saga}:${step}:${direction}`;
