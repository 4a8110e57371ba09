import { commandId, Message, Reply, topicOf } from '@onsale/contracts';
import * as messages from '@onsale/contracts/reservation';
import { newId } from '@onsale/shared/ids';
import type { Broker } from '@onsale/shared/kafka';
import { commandOf, questionOf, type MessageDraft } from '@onsale/shared/outbox';
import { eventually } from '@onsale/shared/testing';

/** Plays the payment service: sends the commands of purchases over Kafka, and hears the replies and events. */
export const startPaymentSide = async ({ broker }: { broker: Broker }) => {
  const heard: Message[] = [];
  const topics = [topicOf('payment', 'replies'), topicOf('reservation', 'events')];
  const subscription = await broker.subscribe({
    group: 'payment',
    topics,
    handle: async ({ value }) => void heard.push(Message.parse(JSON.parse(value))),
  });

  const send = async ({ topic, subject, ...draft }: MessageDraft): Promise<void> => {
    const message = { specversion: '1.0', source: 'payment', time: new Date().toISOString(), subject, ...draft };
    await broker.publish([{ topic, key: subject, value: JSON.stringify(message) }]);
  };
  const replies = (command: string): Reply[] =>
    heard.flatMap(({ data }) => {
      const reply = Reply.safeParse(data);
      return reply.success && reply.data.command === command ? [reply.data] : [];
    });
  const nthReply = (command: string, n: number): Promise<Reply> =>
    eventually(() => {
      const reply = replies(command)[n - 1];
      if (reply === undefined) throw new Error(`no ${n}. reply to ${command}`);
      return reply;
    });

  return {
    /** A purchase of a reservation by a member. Each step answers `DONE` or the code of the refusal, with what else it was told. */
    purchase: (reservationId: string, memberId: string, saga = newId()) => {
      const subject = reservationId;
      const sent = new Map<string, number>();
      const asks = async (draft: MessageDraft): Promise<{ outcome: string; data: unknown }> => {
        const id = draft.id!;
        const n = (sent.get(id) ?? 0) + 1;
        sent.set(id, n);
        await send(draft);
        const { outcome, code, data } = await nthReply(id, n);
        return { outcome: outcome === 'DONE' ? outcome : (code ?? outcome), data };
      };
      const identity = { reservationId, memberId };
      return {
        saga,
        lock: () => asks(commandOf(messages.lockReservation, { saga, step: 'lock', direction: 'do', subject, data: identity })),
        unlock: () =>
          asks({ ...commandOf(messages.unlockReservation, { saga, step: 'lock', direction: 'undo', subject, data: identity }) }),
        confirm: () =>
          asks(commandOf(messages.confirmReservation, { saga, step: 'confirm', direction: 'do', subject, data: { reservationId } })),
        /** The question that is asked before the purchase goes back: was it confirmed? */
        wasConfirmed: () => asks(questionOf(messages.confirmReservation, { saga, step: 'confirm', subject, data: { reservationId } })),
        replied: (step: string) => replies(commandId(saga, step, 'do')),
      };
    },
    /** What was told of an aggregate so far, without repetitions, by sequence: `1 held`. */
    eventsOf: (subject: string): string[] => {
      const told = heard.filter((message) => message.subject === subject && message.type.startsWith('onsale.reservation.'));
      const once = new Map(told.map((message) => [message.id, message]));
      return [...once.values()].map(({ sequence, type }) => `${sequence} ${type.split('.')[2]}`).sort();
    },
    /** What the one event of an aggregate told. @throws Error while there is none */
    dataOf: (subject: string): unknown => {
      const message = heard.find((message) => message.subject === subject);
      if (message === undefined) throw new Error(`nothing was told of ${subject}`);
      return message.data;
    },
    stop: () => subscription.stop(),
  };
};

export type PaymentSide = Awaited<ReturnType<typeof startPaymentSide>>;
