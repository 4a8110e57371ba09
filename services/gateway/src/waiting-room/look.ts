import type { TokenReader } from '../gate/gate.ts';
import { heldBy } from '../gate/show-held.ts';
import type { TokenChecks } from '../gate/token-checks.ts';
import type { Cookies } from '../identity/cookies.ts';
import { page, seeOther, type Answer } from './answers.ts';
import { renewalPath } from './renewal.ts';
import type { QueueBoard } from './queue-board.ts';
import { viewOf, type Sale } from './view.ts';
import type { Visit } from './visit.ts';
import type { Visitor } from './visitor.ts';

interface LookOptions {
  readonly board: QueueBoard;
  readonly checks: Pick<TokenChecks, 'check'>;
  readonly readToken: TokenReader;
  readonly cookies: Cookies;
  /** Whether members sign in here. */
  readonly signsIn: boolean;
}

const notInLine = (sale: Sale | undefined): Answer => page({ kind: sale?.state === 'CLOSED' ? 'closed' : 'take-number' }, { sale });

/**
 * What a visitor sees: at the price of one gathered check where they are in line, and of nothing more.
 * @throws Refusal NOT_FOUND; UPSTREAM_UNAVAILABLE, OVERLOADED when the line cannot be asked
 */
export const createLook = ({ board, checks, readToken, cookies, signsIn }: LookOptions) => {
  const signIn = (sale: Sale | undefined, setCookie: readonly string[] = []): Answer =>
    page(sale?.state === 'CLOSED' ? { kind: 'closed' } : { kind: 'sign-in', ...(!signsIn && { elsewhere: true }) }, { sale, setCookie });

  const lookAt = async (visit: Visit, visitor: Extract<Visitor, { kind: 'member' }>, sale: Sale | undefined): Promise<Answer> => {
    const held = heldBy(readToken, { ...visitor, queueId: visit.queueId, memberId: visitor.access.memberId });
    if (held === undefined) return notInLine(sale); // they may take a number
    const { status, ...result } = await checks.check(held.token, held.payload);
    if (status === 'INVALID') return notInLine(sale);
    const latest = result.state === undefined ? sale : { ...sale, state: result.state, message: result.message };
    return page(viewOf({ status, ...result }, { sale: latest, first: visit.first }), { sale: latest });
  };

  return async (visit: Visit, visitor: Visitor): Promise<Answer> => {
    const sale = await board(visit.queueId);
    switch (visitor.kind) {
      case 'member':
        return lookAt(visit, visitor, sale);
      case 'expired':
        return visit.renewed || !signsIn ? signIn(sale) : seeOther(renewalPath(visit));
      case 'signed-out':
        return signIn(sale, cookies.noSession(visitor.credentials.cookies));
      case 'stranger':
        return signIn(sale);
      default:
        return visitor satisfies never;
    }
  };
};

export type Look = ReturnType<typeof createLook>;
