import { commandId, topicOf, type CommandSpec, type EventSpec, type Reply } from '@onsale/contracts';
import type { z } from 'zod';

/** A message before it is written to the outbox, which adds source, time, trace and, for events, an id. */
export interface MessageDraft {
  /** Without the fleet's namespace. */
  readonly topic: string;
  readonly type: string;
  /** The aggregate: Kafka key and shard, so that one aggregate keeps its order. */
  readonly subject: string;
  /** Commands and replies have ids that say which they are; an event gets a new one. */
  readonly id?: string;
  /** The aggregate's version, for consumers that guard against reordering. */
  readonly sequence?: number;
  readonly data: unknown;
}

/** The type of every reply; what it answers stands in its data. */
export const REPLY_TYPE = 'onsale.reply.v1';

/** Asks a pivot's owner whether the action was done; if it was not, it never will be. */
export const questionType = (spec: CommandSpec): string => `${spec.type}.undo`;

export interface EventFields<D extends z.ZodType> {
  readonly subject: string;
  readonly sequence?: number;
  readonly data: z.input<D>;
}

/** An event of its owner. @throws ZodError when the data is not what the contract says: a fault of the sender is found at the sender */
export const eventOf = <D extends z.ZodType>(spec: EventSpec<D>, { subject, sequence, data }: EventFields<D>): MessageDraft => ({
  topic: topicOf(spec.owner, 'events'),
  type: spec.type,
  subject,
  ...(sequence === undefined ? {} : { sequence }),
  data: spec.data.parse(data),
});

export interface CommandFields<D extends z.ZodType> {
  /** The saga's id. */
  readonly saga: string;
  readonly step: string;
  readonly direction: 'do' | 'undo';
  readonly subject: string;
  readonly data: z.input<D>;
}

/** A saga step's command. Its id is the step's, so a command sent again is the same message. @throws ZodError as `eventOf` */
export const commandOf = <D extends z.ZodType, R extends z.ZodType>(
  spec: CommandSpec<D, R>,
  { saga, step, direction, subject, data }: CommandFields<D>,
): MessageDraft => ({
  topic: topicOf(spec.owner, 'commands'),
  type: spec.type,
  subject,
  id: commandId(saga, step, direction),
  data: spec.data.parse(data),
});

/** The question that is asked instead of undoing a pivot; it carries the command's own data. */
export const questionOf = <D extends z.ZodType, R extends z.ZodType>(
  spec: CommandSpec<D, R>,
  fields: Omit<CommandFields<D>, 'direction'>,
): MessageDraft => ({ ...commandOf(spec, { ...fields, direction: 'undo' }), type: questionType(spec) });

/** The answer to a command, to the topic of whoever sent it. */
export const replyTo = (command: { readonly id: string; readonly source: string; readonly saga: string }, reply: Reply): MessageDraft => ({
  topic: `${command.source}.replies`,
  type: REPLY_TYPE,
  subject: command.saga,
  id: `${command.id}:reply`,
  data: reply,
});
