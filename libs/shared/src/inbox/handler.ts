import { topicOf, type CommandSpec, type EventSpec, type Message, type Reply } from '@onsale/contracts';
import type { z } from 'zod';
import type { Trx } from '../db/index.ts';
import { questionType } from '../outbox/index.ts';
import { claimAction } from './inbox-store.ts';
import { refused, type ReplyDraft } from './reply.ts';

/** A message inside the transaction of its effect. The handler's writes, the inbox row and what leaves by the outbox are committed together. */
export interface Delivery {
  readonly trx: Trx;
  readonly consumer: string;
  readonly message: Message;
}

export interface MessageRoute {
  readonly topic: string;
  readonly type: string;
  /** Answers with what the sender is told; events are not answered. @throws InvalidMessage when the data is not what the contract says */
  readonly act: (delivery: Delivery) => Promise<ReplyDraft | undefined>;
  /** Codes that, thrown as a `Refusal`, are an answer: what was written is rolled back, and the sender is told. */
  readonly refusals: readonly string[];
}

/** One entry of a consumer: what it listens to, and what it does then. Opaque, so that handlers of many types fit one list. */
export interface Handler {
  readonly routes: readonly MessageRoute[];
}

/** Not what the contract says: no further try can help. */
export class InvalidMessage extends Error {
  constructor(detail: string, cause?: unknown) {
    super(detail, { cause });
    this.name = 'InvalidMessage';
  }
}

export interface EventMessage<D> {
  readonly id: string;
  readonly subject: string;
  readonly sequence: number | undefined;
  readonly time: string;
  readonly data: D;
}

export interface CommandMessage<D> extends EventMessage<D> {
  /** The saga that asks; an action carries it, and an undo touches only what carries it. */
  readonly saga: string;
  readonly step: string;
  /** The orchestrator, to whose replies the answer goes. */
  readonly source: string;
}

export type EventHandler<D extends z.ZodType> = (message: EventMessage<z.output<D>>, trx: Trx) => Promise<void>;
export type CommandHandler<D extends z.ZodType, R extends z.ZodType> = (
  message: CommandMessage<z.output<D>>,
  trx: Trx,
) => Promise<ReplyDraft<z.input<R>>>;

/** Who sent a command, and which step of which saga it is: `<saga>:<step>:do|undo`. @throws InvalidMessage */
export const commandParts = ({
  id,
  source,
}: Pick<Message, 'id' | 'source'>): { id: string; source: string; saga: string; step: string } => {
  const [saga, step, direction, ...rest] = id.split(':');
  if (!saga || !step || !direction || rest.length > 0) throw new InvalidMessage(`${id} is not a command's id`);
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(source)) throw new InvalidMessage('the source of a command names a service');
  return { id, source, saga, step };
};

const parsed = <D extends z.ZodType>(schema: D, message: Message): EventMessage<z.output<D>> => {
  const result = schema.safeParse(message.data);
  if (!result.success) throw new InvalidMessage(`the data of ${message.type} is malformed: ${result.error.message}`, result.error);
  return { id: message.id, subject: message.subject, sequence: message.sequence, time: message.time, data: result.data };
};

const answered = <R extends z.ZodType>(spec: CommandSpec<z.ZodType, R>, reply: ReplyDraft<z.input<R>>): ReplyDraft => {
  if (reply.outcome === 'DONE') return { outcome: 'DONE', data: spec.reply.parse(reply.data) };
  if (!spec.refusals.includes(reply.code)) throw new Error(`${spec.type} was refused with ${reply.code}, which its contract does not name`);
  return reply;
};

const actOn =
  <D extends z.ZodType, R extends z.ZodType>(spec: CommandSpec<D, R>, handle: CommandHandler<D, R>) =>
  async ({ message, trx }: Delivery): Promise<ReplyDraft> =>
    answered(spec, await handle({ ...parsed(spec.data, message), ...commandParts(message) }, trx));

/** What a command that came too late is told: its undo has been here before it. */
const TOMBSTONE = refused('INTERNAL', 'undone before it was done');

const actionOf = (message: Message): string => {
  const { saga, step } = commandParts(message);
  return `${saga}:${step}:do`;
};

/** How the action ended: if it has not been seen yet, it never will be done, as its inbox row now answers REFUSED (the tombstone). */
const settleAction = ({ trx, consumer, message }: Delivery): Promise<Reply> =>
  claimAction(trx, { consumer, messageId: actionOf(message), reply: { command: actionOf(message), ...TOMBSTONE } });

/** Handles an event: `handle` is called once for each message whose effect was committed. */
export function on<D extends z.ZodType>(spec: EventSpec<D>, handle: EventHandler<D>): Handler;
/**
 * Handles a command, and the question that is asked about it when it is a pivot (the stored answer, or a tombstone). The answer goes to the
 * sender; a command that comes again gets the stored one. A thrown `Refusal` with a code of the contract is a refused answer too.
 */
export function on<D extends z.ZodType, R extends z.ZodType>(spec: CommandSpec<D, R>, handle: CommandHandler<D, R>): Handler;
export function on<D extends z.ZodType, R extends z.ZodType>(
  spec: EventSpec<D> | CommandSpec<D, R>,
  handle: EventHandler<D> | CommandHandler<D, R>,
): Handler {
  if (spec.kind === 'event') {
    const act = async ({ message, trx }: Delivery): Promise<undefined> => {
      await (handle as EventHandler<D>)(parsed(spec.data, message), trx);
    };
    return { routes: [{ topic: topicOf(spec.owner, 'events'), type: spec.type, act, refusals: [] }] };
  }
  const topic = topicOf(spec.owner, 'commands');
  const askedWhetherDone = async (delivery: Delivery): Promise<ReplyDraft> => {
    const { outcome, data, code, detail } = await settleAction(delivery);
    return outcome === 'DONE' ? { outcome, data } : refused((code ?? 'INTERNAL') as typeof TOMBSTONE.code, detail);
  };
  return {
    routes: [
      { topic, type: spec.type, act: actOn(spec, handle as CommandHandler<D, R>), refusals: spec.refusals },
      { topic, type: questionType(spec), act: askedWhetherDone, refusals: [] },
    ],
  };
}

/**
 * Handles the undo of a command of the same consumer. `handle` is called only when the action was done; an action that was refused, or has not
 * come yet, needs no undo, and the one that comes later is refused.
 */
export const onUndo = <D extends z.ZodType, R extends z.ZodType>(
  action: CommandSpec,
  undo: CommandSpec<D, R>,
  handle: CommandHandler<D, R>,
): Handler => {
  if (undo.owner !== action.owner) throw new Error(`${undo.type} cannot undo what another service did`);
  const act = async (delivery: Delivery): Promise<ReplyDraft> => {
    const { outcome } = await settleAction(delivery);
    return outcome === 'DONE' ? await actOn(undo, handle)(delivery) : { outcome: 'DONE', data: {} };
  };
  return { routes: [{ topic: topicOf(undo.owner, 'commands'), type: undo.type, act, refusals: [] }] };
};
