import { CallProblem, type Client } from '@onsale/contracts';
import { signIn, tokensOf } from '@onsale/contracts/commerce';
import type { Account } from './accounts.ts';

/** An access token of the account. @throws Error that says what to set when the account has another password; CallProblem */
export async function signInAs(client: Client, { email, password }: Account): Promise<string> {
  try {
    return tokensOf(await client.call(signIn, { body: { email, password } })).accessToken;
  } catch (error) {
    if (!(error instanceof CallProblem) || error.code !== 'INVALID_CREDENTIALS') throw error;
    throw new Error(`${email} has another password than this start was given: set ONSALE_OPERATOR_PASSWORD to the one of the first start`, {
      cause: error,
    });
  }
}
