import { Refusal } from '@onsale/shared/errors';

export class AmountTooSmall extends Refusal {
  constructor(minimum: number) {
    super('AMOUNT_TOO_SMALL', `The least amount of a charge is ${minimum} points.`, { extra: { minimum } });
  }
}

export class BalanceTooLarge extends Refusal {
  constructor() {
    super('BALANCE_TOO_LARGE', `A wallet holds at most ${Number.MAX_SAFE_INTEGER} points.`);
  }
}

export class AccountClosed extends Refusal {
  constructor() {
    super('ACCOUNT_CLOSED', 'Your account is being deleted: points that came in now would be lost with it.', { retryAfterSeconds: 2 });
  }
}
