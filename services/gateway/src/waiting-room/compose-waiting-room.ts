import type { Clock } from '@onsale/shared/ids';
import type { Log } from '@onsale/shared/log';
import type { RequestHandler } from 'express';
import type { TokenReader } from '../gate/gate.ts';
import type { ShowHeld } from '../gate/show-held.ts';
import type { TokenChecks } from '../gate/token-checks.ts';
import type { Authentication } from '../identity/authenticate.ts';
import type { Cookies } from '../identity/cookies.ts';
import type { CredentialsReader } from '../identity/credentials.ts';
import type { Limits } from '../limits/limits.ts';
import type { InternalCalls } from '../upstream/internal-calls.ts';
import { createForms } from './forms.ts';
import { createLook } from './look.ts';
import { createQueueBoard } from './queue-board.ts';
import { createRenewal } from './renewal.ts';
import { createVisitors } from './visitor.ts';
import { createWaitingRoom } from './waiting-room.ts';

interface Parts {
  readonly credentials: CredentialsReader;
  readonly authentication: Authentication;
  readonly limits: Limits;
  readonly cookies: Cookies;
  readonly readToken: TokenReader;
  readonly checks: TokenChecks;
  readonly showHeld: ShowHeld;
  /** For members and strangers, apart from the gathered checks, which wait for nobody. */
  readonly queue: InternalCalls;
  /** Absent where members sign in elsewhere. */
  readonly commerce: InternalCalls | undefined;
  /** Longest wait for what a form asks. */
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly monotonic: () => number;
  readonly log: Log;
}

/** The pages, wired by hand. */
export const composeWaitingRoom = (parts: Parts): RequestHandler => {
  const board = createQueueBoard(parts);
  return createWaitingRoom({
    ...parts,
    visitors: createVisitors(parts),
    look: createLook({ ...parts, board, signsIn: parts.commerce !== undefined }),
    forms: createForms({ ...parts, board }),
    renewal: createRenewal(parts),
    random: Math.random,
  });
};
