import { afterCommit, type Trx } from '@onsale/shared/db';
import type { Ends, Failure, SagaView } from '@onsale/shared/saga';
import { codeOf } from './fail-order.ts';
import type { Cancellation } from './purchase.ts';
import * as orders from './order-store.ts';

/** CANCELLING -> COMPLETED: the cancellation was refused with the code that the order keeps, and nothing was given back. */
export const keepOrder =
  ({ ends }: { ends: Ends }) =>
  async (trx: Trx, { id, state: { orderId }, failure }: SagaView<Cancellation> & { readonly failure: Failure }): Promise<void> => {
    await orders.moveOrder(trx, orderId, { from: 'CANCELLING', to: 'COMPLETED', code: codeOf(failure) });
    afterCommit(trx, () => ends.announce(id));
  };
