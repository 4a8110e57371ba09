import { describe, expect, it } from '@jest/globals';
import { BEHIND_THE_DRAW, drawBy, drawScore, seedHash } from './draw.ts';

const seed = Buffer.from('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', 'hex');
const other = Buffer.alloc(32, 7);
const members = Array.from({ length: 1000 }, (_, i) => `member-${i}`);

describe('the score of a draw', () => {
  it('is what openssl says: anybody can check it', () => {
    // printf %s 4bQ1LgT0m9c2u8JqvKx0aw | openssl dgst -sha256 -mac HMAC -macopt hexkey:000102...1e1f | cut -c1-12
    expect(drawScore(seed, '4bQ1LgT0m9c2u8JqvKx0aw').toString(16).padStart(12, '0')).toBe('93d80cdd853a');
    // printf 000102...1e1f | xxd -r -p | openssl dgst -sha256
    expect(seedHash(seed)).toBe('630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd');
  });

  it('is a whole number below everybody who comes after the opening', () => {
    for (const member of members) {
      const score = drawScore(seed, member);
      expect(Number.isSafeInteger(score)).toBe(true);
      expect(score).toBeGreaterThanOrEqual(0);
      expect(score).toBeLessThan(BEHIND_THE_DRAW);
    }
  });

  it('orders members anew with every seed, and always alike with the same', () => {
    const orderBy = (key: Buffer) => members.toSorted((a, b) => drawScore(key, a) - drawScore(key, b));
    expect(orderBy(seed)).toEqual(orderBy(seed));
    expect(orderBy(seed)).not.toEqual(orderBy(other));
    expect(orderBy(seed)).not.toEqual(members);
  });

  it('favours nobody: each tenth of the range has about a tenth of the members', () => {
    const tenths = Map.groupBy(members, (member) => Math.floor((drawScore(seed, member) / BEHIND_THE_DRAW) * 10));
    expect(tenths.size).toBe(10);
    for (const [, of] of tenths) expect(of.length).toBeGreaterThan(60);
  });
});

describe('the draw of a definition', () => {
  it('does not show its seed, however it is written down', () => {
    const draw = drawBy(seed);
    expect(JSON.stringify({ draw })).toBe(JSON.stringify({ draw: { hash: seedHash(seed) } }));
    expect(draw.scoreOf('ada')).toBe(drawScore(seed, 'ada'));
  });
});
