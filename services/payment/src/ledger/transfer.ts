/** A system account: where points come from, or go to. It has no balance row, so that it is never a hot one. */
export type SystemAccount = 'charges' | 'sales' | 'forfeits';

/** FORFEIT: given up with the account. */
export type TransferKind = 'CHARGE' | 'PAYMENT' | 'REFUND' | 'FORFEIT';

/** Points between a member's wallet and a system account. `reference` is what they move for; one (reference, kind) is moved once. */
export interface Transfer {
  readonly id: string;
  readonly kind: TransferKind;
  readonly reference: string;
  readonly memberId: string;
  /** Points, above zero: the kind says which way they go. */
  readonly amount: number;
  readonly at: Date;
}

/** A wallet as a transfer has left it. */
export interface WalletState {
  readonly balance: number;
  readonly version: number;
}

export type LedgerEntry =
  | {
      readonly id: string;
      readonly account: 'wallet';
      readonly memberId: string;
      readonly sequence: number;
      readonly amount: number;
      readonly balanceAfter: number;
    }
  | { readonly id: string; readonly account: SystemAccount; readonly amount: number };

const kinds = {
  CHARGE: { sign: 1, from: 'charges', closedToo: false },
  PAYMENT: { sign: -1, from: 'sales', closedToo: false },
  REFUND: { sign: 1, from: 'sales', closedToo: true },
  FORFEIT: { sign: -1, from: 'forfeits', closedToo: true },
} as const satisfies Record<TransferKind, { sign: 1 | -1; from: SystemAccount; closedToo: boolean }>;

/** Whether it moves points of a wallet that is closed: what is owed to a member is given back all the same. */
export const movesClosed = (kind: TransferKind): boolean => kinds[kind].closedToo;

/** What the transfer does to the wallet's balance: signed points. @throws RangeError when the amount is not a positive safe integer */
export const walletChange = ({ kind, amount }: Pick<Transfer, 'kind' | 'amount'>): number => {
  if (!Number.isSafeInteger(amount) || amount <= 0) throw new RangeError(`a transfer moves a positive number of points, not ${amount}`);
  return kinds[kind].sign * amount;
};

/** Both sides of the transfer, the wallet's first. They sum to zero. */
export const entriesOf = (transfer: Transfer, wallet: WalletState, newId: () => string): readonly [LedgerEntry, LedgerEntry] => {
  const amount = walletChange(transfer);
  return [
    {
      id: newId(),
      account: 'wallet',
      memberId: transfer.memberId,
      sequence: wallet.version,
      amount,
      balanceAfter: wallet.balance,
    },
    { id: newId(), account: kinds[transfer.kind].from, amount: -amount },
  ];
};
