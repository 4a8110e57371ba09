import { orderCancelled, orderCompleted } from '@onsale/contracts/commerce';
import { creditOrder, debitOrder, refundOrder } from '@onsale/contracts/payment';
import { done, on, onUndo, refused } from '@onsale/shared/inbox';
import { messageLosses, testMessaging } from '@onsale/shared/inbox/testing';

/** What payment has done for an order: taken points, or given them back. */
type Move = 'debit' | 'credit' | 'refund';

/** Payment as orders see it, on real Kafka: who is told how much to take, takes it, and gives it back; whoever has no points is refused. */
export const playedPayment = async (namespace: string) => {
  const poor = new Set<string>();
  const full = new Set<string>();
  const moves = new Map<string, Move[]>();
  const events: { type: string; sequence: number | undefined; data: unknown }[] = [];
  const { losing, loses } = messageLosses();

  /** A handler may run again when its transaction gives way: what it has done counts once. */
  const moved = (orderId: string, move: Move): void => {
    const known = moves.get(orderId) ?? [];
    if (known.at(-1) !== move) moves.set(orderId, [...known, move]);
  };

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
    /** Commands that are lost on their way to it. */
    loses,
    stop: () => schema.drop(),
  };
};
