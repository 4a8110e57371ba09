import { afterCommit, type Trx } from '@onsale/shared/db';
import type { Ends, Failure, SagaView } from '@onsale/shared/saga';
import type { DeletionState } from './deletion-state.ts';
import { endDeletion } from './deletion-store.ts';

/** UNDER_WAY -> REFUSED: the account is as it was. */
export const refuseDeletion =
  ({ ends }: { ends: Ends }) =>
  async (trx: Trx, { id, failure }: SagaView<DeletionState> & { readonly failure: Failure }): Promise<void> => {
    await endDeletion(trx, { id, status: 'REFUSED', code: failure.code, detail: failure.detail });
    afterCommit(trx, () => ends.announce(id));
  };
