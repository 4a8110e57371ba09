/** A refresh token as the database has it, with the end of its session. */
export interface KnownToken {
  readonly expiresAt: Date;
  /** When it was first used; a token is good for one use. */
  readonly usedAt: Date | undefined;
  /** How many tokens were given for it. */
  readonly uses: number;
  readonly sessionEndedAt: Date | undefined;
}

export interface RefreshPolicy {
  /** How long after its first use a token still gets a sibling: two tabs at once, or an answer that was lost on its way. */
  readonly graceMs: number;
  /** Most tokens given for one; more than any number of tabs needs. */
  readonly maxUses: number;
}

/** `renew`: a new token is due. `reused`: a copy is about, the session must end. `ended`: nothing is due. `too often`: not now. */
export type Verdict = 'renew' | 'reused' | 'ended' | 'too often';

/**
 * Decides what a refresh token is worth at `now`.
 * `now` may lie before `usedAt`: it is when the question was asked, and a lock was waited for since.
 */
export const judgeRefresh = (token: KnownToken, now: Date, { graceMs, maxUses }: RefreshPolicy): Verdict => {
  if (token.sessionEndedAt !== undefined || token.expiresAt <= now) return 'ended';
  if (token.usedAt === undefined) return 'renew';
  if (now.getTime() - token.usedAt.getTime() > graceMs) return 'reused';
  return token.uses < maxUses ? 'renew' : 'too often';
};
