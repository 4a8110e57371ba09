import { memberDeleted } from '@onsale/contracts/commerce';
import { closeWallet as closeWalletCommand, reopenWallet } from '@onsale/contracts/payment';
import { done, on, onUndo, type Handler } from '@onsale/shared/inbox';
import { answersDataRequests } from '@onsale/shared/member-data';
import type { Outbox } from '@onsale/shared/outbox';
import * as ledger from '../ledger/ledger-store.ts';
import * as wallets from '../ledger/wallet-store.ts';
import * as payments from '../payments/payment-store.ts';
import { closeWallet } from './close-wallet.ts';
import type { eraseMember } from './erase-member.ts';

/** Above every id, and every sequence. */
const NEWEST = { id: 'ffffffff-ffff-ffff-ffff-ffffffffffff', sequence: Number.MAX_SAFE_INTEGER };

interface Accounts {
  readonly eraseMember: ReturnType<typeof eraseMember>;
  readonly outbox: Outbox;
}

/** What commerce asks for and tells when an account is deleted, or its member wants to see what is kept. */
export const accountHandlers = ({ eraseMember, outbox }: Accounts): Handler[] => [
  on(closeWalletCommand, ({ saga, data }, trx) => closeWallet(trx, { saga, ...data })),
  onUndo(closeWalletCommand, reopenWallet, async ({ saga, data }, trx) => {
    await wallets.reopen(trx, data.memberId, saga);
    return done();
  }),
  on(memberDeleted, ({ data }, trx) => eraseMember(trx, data)),
  answersDataRequests({
    owner: 'payment',
    outbox,
    sections: {
      payments: (trx, wanted) => payments.listBelow(trx, { ...wanted, before: NEWEST.id }),
      walletEntries: async (trx, wanted) =>
        (await ledger.entriesBelow(trx, { ...wanted, before: NEWEST.sequence })).map(({ entry }) => entry),
    },
  }),
];
