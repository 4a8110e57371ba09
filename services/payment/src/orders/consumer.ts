import { creditOrder, debitOrder, refundOrder } from '@onsale/contracts/payment';
import { done, on, onUndo, refused, type Handler } from '@onsale/shared/inbox';
import type { creditWallet } from '../ledger/credit-wallet.ts';
import type { debitWallet, Due } from '../ledger/debit-wallet.ts';
import type { PostTransfer } from '../ledger/post-transfer.ts';

interface OrderPayments {
  readonly debitWallet: ReturnType<typeof debitWallet>;
  readonly creditWallet: ReturnType<typeof creditWallet>;
  readonly post: PostTransfer;
}

/** What the references of orders begin with in the ledger; those of payments are bare ids. */
export const ORDER_REFERENCE = 'order:';

const dueOf = ({ orderId, ...due }: { orderId: string; memberId: string; amount: number }): Due => ({
  ...due,
  reference: `${ORDER_REFERENCE}${orderId}`,
});

/**
 * What commerce asks for in the sagas of orders. A debit that comes after its undo finds the tombstone, and takes nothing; points go back once for an
 * order, by the undo or by the refund, as the ledger knows each (reference, kind) once.
 */
export const orderHandlers = ({ debitWallet, creditWallet, post }: OrderPayments): Handler[] => [
  on(debitOrder, async ({ data }, trx) => (await debitWallet(trx, dueOf(data))) ?? done()),
  onUndo(debitOrder, creditOrder, async ({ data }, trx) => {
    await creditWallet(trx, dueOf(data));
    return done();
  }),
  on(refundOrder, async ({ data }, trx) => {
    if (data.amount === 0) return done();
    const posted = await post(trx, { kind: 'REFUND', ...dueOf(data) });
    return posted === undefined ? refused('BALANCE_TOO_LARGE', `The wallet has no room for ${data.amount} points.`) : done();
  }),
];
