import { Refusal } from '@onsale/shared/errors';
import type { Credentials } from '../identity/credentials.ts';
import type { HeldToken, TokenReader } from './gate.ts';
import type { TokenChecks } from './token-checks.ts';

interface Holder {
  readonly queueId: string;
  readonly memberId: string;
  readonly credentials: Pick<Credentials, 'queueToken'>;
}

/** The member's genuine token of a queue; `undefined` for none, and for one that is somebody else's, of another queue or not ours. */
export const heldBy = (readToken: TokenReader, { queueId, memberId, credentials }: Holder): HeldToken | undefined => {
  const params = { queueId };
  try {
    return readToken({ header: credentials.queueToken(params), memberId, params });
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
};

interface Deps {
  readonly readToken: TokenReader;
  readonly checks: Pick<TokenChecks, 'check'>;
}

/**
 * Shows the queue the token that a browser holds, before it asks for a number: a line that was lost puts that place back by it, and the number asked for is then the
 * same one. Else the cookie of the new number would take the only proof of the old place away. A look that fails refuses nothing.
 */
export const createShowHeld =
  ({ readToken, checks }: Deps) =>
  async (holder: Omit<Holder, 'credentials'> & { readonly credentials: Credentials }): Promise<void> => {
    if (holder.credentials.by !== 'cookies') return; // others keep their tokens themselves
    const held = heldBy(readToken, holder);
    if (held === undefined) return;
    await checks.check(held.token, held.payload).catch((error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
    });
  };

export type ShowHeld = ReturnType<typeof createShowHeld>;
