import { SaleNotOpen } from './refusals.ts';

interface Window {
  readonly salesOpenAt: Date;
  readonly startsAt: Date;
}

/** That seats can be had now: from the opening of the sale until the concert begins. @throws SaleNotOpen with the time that matters */
export const assertOnSale = ({ salesOpenAt, startsAt }: Window, now: Date): void => {
  if (now < salesOpenAt) throw new SaleNotOpen('The sale has not opened yet.', { salesOpenAt: salesOpenAt.toISOString() });
  if (now >= startsAt) throw new SaleNotOpen('The concert has begun; the sale is over.', { startsAt: startsAt.toISOString() });
};
