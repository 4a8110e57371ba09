import { describe, expect, it } from '@jest/globals';
import { judgeRefresh, type KnownToken } from './judge-refresh.ts';

const policy = { graceMs: 10_000, maxUses: 20 };
const at = (seconds: number): Date => new Date(Date.UTC(2026, 0, 1, 12, 0, 0) + seconds * 1000);
const buildToken = (token: Partial<KnownToken> = {}): KnownToken => ({
  expiresAt: at(1000),
  usedAt: undefined,
  uses: 0,
  sessionEndedAt: undefined,
  ...token,
});

describe('judgeRefresh', () => {
  it('renews for a token that is used for the first time', () => {
    expect(judgeRefresh(buildToken(), at(0), policy)).toBe('renew');
  });

  it('gives a sibling within the grace, and sees a copy in whoever comes later', () => {
    const used = buildToken({ usedAt: at(0), uses: 1 });
    expect(judgeRefresh(used, at(10), policy)).toBe('renew');
    expect(judgeRefresh(used, at(10.001), policy)).toBe('reused');
  });

  it('counts a question asked before the first use, and answered after it, as within the grace', () => {
    expect(judgeRefresh(buildToken({ usedAt: at(2), uses: 1 }), at(0), policy)).toBe('renew');
  });

  it('gives no more siblings than the policy says', () => {
    expect(judgeRefresh(buildToken({ usedAt: at(0), uses: 19 }), at(1), policy)).toBe('renew');
    expect(judgeRefresh(buildToken({ usedAt: at(0), uses: 20 }), at(1), policy)).toBe('too often');
    expect(judgeRefresh(buildToken({ usedAt: at(0), uses: 20 }), at(11), policy)).toBe('reused');
  });

  it('gives nothing for an expired token or an ended session, used or not', () => {
    for (const usedAt of [undefined, at(0)]) {
      expect(judgeRefresh(buildToken({ usedAt, uses: 1, expiresAt: at(5) }), at(5), policy)).toBe('ended');
      expect(judgeRefresh(buildToken({ usedAt, uses: 1, sessionEndedAt: at(1) }), at(2), policy)).toBe('ended');
    }
    expect(judgeRefresh(buildToken({ expiresAt: at(5) }), at(4.999), policy)).toBe('renew');
  });
});
