import { codes, type Code } from '@onsale/contracts';
import { afterCommit, type Trx } from '@onsale/shared/db';
import type { Ends, Failure, SagaView } from '@onsale/shared/saga';
import type { Purchase } from './purchase.ts';
import * as orders from './order-store.ts';

const isCode = (code: string): code is Code => Object.hasOwn(codes, code);
export const codeOf = ({ code }: Failure): Code => (isCode(code) ? code : 'INTERNAL');

/** PENDING -> EXPIRED when its time was over, else FAILED with the code of what refused it: all is taken back. */
export const failOrder =
  ({ ends }: { ends: Ends }) =>
  async (trx: Trx, { id, failure }: SagaView<Purchase> & { readonly failure: Failure }): Promise<void> => {
    const code = codeOf(failure);
    await orders.moveOrder(trx, id, { from: 'PENDING', to: code === 'ORDER_EXPIRED' ? 'EXPIRED' : 'FAILED', code });
    afterCommit(trx, () => ends.announce(id));
  };
