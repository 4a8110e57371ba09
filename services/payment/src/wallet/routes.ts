import * as contract from '@onsale/contracts/payment';
import type { Database } from '@onsale/shared/db';
import { created, implement, ok } from '@onsale/shared/http';
import { balanceOf } from '../ledger/wallet-store.ts';
import type { chargeWallet } from './charge-wallet.ts';
import type { listEntries } from './list-entries.ts';

interface WalletDoors {
  readonly db: Database;
  readonly chargeWallet: ReturnType<typeof chargeWallet>;
  readonly listEntries: ReturnType<typeof listEntries>;
}

/** The HTTP doors to a member's own wallet. */
export const walletRoutes = ({ db, chargeWallet, listEntries }: WalletDoors) => [
  implement(contract.readWallet, async ({ member }) => ok({ balance: await balanceOf(db, member.id) })),
  implement(contract.listWalletEntries, async ({ member, query }) => ok(await listEntries({ memberId: member.id, ...query }))),
  implement(
    contract.chargeWallet,
    ({ member, body, once }) => chargeWallet({ memberId: member.id, amount: body.amount, once }),
    (entry) => created(entry),
  ),
];
