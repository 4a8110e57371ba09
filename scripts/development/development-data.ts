import { type Client, createClient, CallProblem } from '@onsale/contracts';
import { signUp } from '@onsale/contracts/commerce';
import type { Say } from '../engines/engines.ts';
import type { Account } from './accounts.ts';
import { makeConcerts } from './development-concerts.ts';
import { makeCoupons } from './development-coupons.ts';
import { makeProducts } from './development-products.ts';
import type { Making } from './making.ts';
import { signInAs } from './sign-in-as.ts';

export interface DevelopmentDataOptions {
  gatewayUrl: string;
  operator: Account;
  member: Account;
  say: Say;
}

/**
 * Makes a demo member, two concerts with a date each, products and a coupon, as a client of the gateway. What is there already stays: a second start adds
 * nothing.
 * @returns a few words on what was made
 */
export async function makeDevelopmentData({ gatewayUrl, operator, member, say }: DevelopmentDataOptions): Promise<string> {
  const client = createClient({ baseUrl: gatewayUrl });
  let signingIn: Promise<string> | undefined;
  const making: Making = { client, operatorToken: () => (signingIn ??= signInAs(client, operator)), say };
  const made = (await becomesMember(client, member)) ? ['demo member'] : [];
  for (const make of [makeConcerts, makeProducts, makeCoupons]) made.push(...(await make(making)));
  return made.length === 0 ? 'all there' : made.join(', ');
}

async function becomesMember(client: Client, { email, password, name }: Account): Promise<boolean> {
  try {
    await client.call(signUp, { body: { email, password, name } });
    return true;
  } catch (error) {
    if (error instanceof CallProblem && error.code === 'EMAIL_TAKEN') return false;
    throw error;
  }
}
