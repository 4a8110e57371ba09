import * as contract from '@onsale/contracts/queue';
import { done, on } from '@onsale/shared/inbox';
import type { spendToken } from './spend-token.ts';

/** The door by which purchases end the places they came by. */
export const placeHandlers = ({ spendToken: spend }: { spendToken: ReturnType<typeof spendToken> }) => [
  on(contract.spendToken, async ({ data }, trx) => {
    await spend(trx, data);
    return done();
  }),
];
