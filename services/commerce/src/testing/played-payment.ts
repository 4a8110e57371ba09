import { Message } from '@onsale/contracts';
import { orderCancelled, orderCompleted } from '@onsale/contracts/commerce';
import { creditOrder, debitOrder, refundOrder } from '@onsale/contracts/payment';
import { done, on, onUndo, refused } from '@onsale/shared/inbox';
import { testMessaging } from '@onsale/shared/inbox/testing';
import type { Broker, SubscribeOptions } from '@onsale/shared/kafka';

type Handle = SubscribeOptions['handle'];

/** What payment has done for an order: taken points, or given them back. */
type Move = 'debit' | 'credit' | 'refund';

/** Payment as orders see it, on real Kafka: who is told how much to take, takes it, and gives it back; whoever has no points is refused. */
export const playedPayment = async (namespace: string) => {
  const poor = new Set<string>();
  const full = new Set<string>();
  const moves = new Map<string, Move[]>();
  const events: { type: string; sequence: number | undefined; data: unknown }[] = [];
  const losses = new Map<string, (() => Promise<void>)[]>();

  /** A handler may run again when its transaction gives way: what it has done counts once. */
  const moved = (orderId: string, move: Move): void => {
    const known = moves.get(orderId) ?? [];
    if (known.at(-1) !== move) moves.set(orderId, [...known, move]);
  };

  const losing = (broker: Broker): Broker => ({
    ...broker,
    subscribe: ({ handle, ...options }) => {
      const heard: Handle = async (message) => {
        const lost = losses.get(Message.parse(JSON.parse(message.value)).type);
        if (lost === undefined) return handle(message);
        lost.push(() => handle(message));
      };
      return broker.subscribe({ ...options, handle: heard });
    },
  });

  const schema = await testMessaging({ source: 'payment', namespace });
  const process = await schema.process({ wrap: losing });
  await process.consume([
    on(debitOrder, async ({ data: { orderId, memberId } }) => {
      if (poor.has(memberId)) return refused('INSUFFICIENT_POINTS');
      moved(orderId, 'debit');
      return done();
    }),
    onUndo(debitOrder, creditOrder, async ({ data: { orderId } }) => {
      moved(orderId, 'credit');
      return done();
    }),
    on(refundOrder, async ({ data: { orderId, memberId } }) => {
      if (full.has(memberId)) return refused('BALANCE_TOO_LARGE');
      moved(orderId, 'refund');
      return done();
    }),
    ...[orderCompleted, orderCancelled].map((spec) =>
      on(spec, async ({ sequence, data }) => void events.push({ type: spec.type, sequence, data })),
    ),
  ]);

  return {
    /** From now on the member has no points. */
    impoverishes: (memberId: string) => void poor.add(memberId),
    /** From now on no points go into the member's wallet, or they do again. */
    fills: (memberId: string) => void full.add(memberId),
    empties: (memberId: string) => void full.delete(memberId),
    movesOf: (orderId: string): readonly Move[] => moves.get(orderId) ?? [],
    eventsAbout: (orderId: string) => events.filter(({ data }) => (data as { orderId: string }).orderId === orderId),
    /** From now on such commands are lost, until what it answers is called: that ends it, and brings them late. */
    loses: ({ type }: { readonly type: string }) => {
      const lost: (() => Promise<void>)[] = [];
      losses.set(type, lost);
      return async (): Promise<void> => {
        losses.delete(type);
        for (const bring of lost) await bring();
      };
    },
    stop: () => schema.drop(),
  };
};
