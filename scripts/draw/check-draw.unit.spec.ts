import { describe, expect, it } from '@jest/globals';
import type { DrawEntry } from '@onsale/contracts/queue';
import { drawScore, seedHash } from '../../services/queue/src/opening/draw.ts';
import { createDrawCheck } from './check-draw.ts';
import { drawReport } from './draw-report.ts';

const seed = Buffer.alloc(32, 5);
const shown = { seed: seed.toString('hex'), seedHash: seedHash(seed) };

/** Twelve members, the first six of the draw admitted in their order. */
const drawn = (): DrawEntry[] =>
  Array.from({ length: 12 }, (_, i) => ({
    number: 1000 + i,
    member: `member-${i}`,
    lane: 'standard',
    score: drawScore(seed, `member-${i}`),
  }))
    .sort((a, b) => a.score - b.score)
    .map((entry, i) => (i < 6 ? { ...entry, turn: i + 1 } : entry));

const judged = (entries: readonly DrawEntry[], { count = entries.length, by = shown } = {}) => {
  const check = createDrawCheck(by);
  for (let i = 0; i < entries.length; i += 5) check.page({ ...by, entries: entries.slice(i, i + 5) });
  return check.verdict(count);
};
const differences = (...args: Parameters<typeof judged>) => judged(...args).differences.map(({ what, numbers }) => [what, ...numbers]);
const changed = (at: number, change: Partial<DrawEntry>) => drawn().map((entry, i) => (i === at ? { ...entry, ...change } : entry));

describe('an honest draw', () => {
  it('holds, page by page', () => {
    expect(judged(drawn())).toEqual({ entries: 12, admitted: 6, late: 0, returned: 0, differences: [] });
    expect(drawReport('q', { ...judged(drawn()), seedHash: shown.seedHash })).toContain('✔ The draw holds');
  });

  it('may have late ones, returned ones, and lanes that go ahead of each other', () => {
    const entries = drawn().map((entry, i) => {
      if (i === 1) return { ...entry, turn: 9, late: true };
      if (i === 2) return { ...entry, returned: true };
      return i === 4 ? { ...entry, lane: 'early', turn: 1 } : entry;
    });
    expect(judged(entries, { count: 11 })).toMatchObject({ late: 1, returned: 1, differences: [] });
  });

  it('holds where nobody came', () => {
    expect(judged([])).toMatchObject({ entries: 0, differences: [] });
  });
});

describe('a draw does not hold', () => {
  it('with another seed than the one whose hash was published', () => {
    const other = { ...shown, seedHash: seedHash(Buffer.alloc(32, 6)) };
    expect(differences(drawn(), { by: other })).toEqual([['the seed is not the one whose hash was published']]);
  });

  it('with scores of another seed', () => {
    const by = { seed: Buffer.alloc(32, 6).toString('hex'), seedHash: seedHash(Buffer.alloc(32, 6)) };
    expect(judged(drawn(), { by }).differences[0]).toMatchObject({ what: 'its score is not the one that seed and member give', count: 12 });
  });

  it('with a friend whose score was made better', () => {
    const planted = [{ number: 7, member: 'a-friend', lane: 'standard', score: 1 }, ...drawn()];
    expect(differences(planted)).toEqual([['its score is not the one that seed and member give', 7]]);
  });

  it('with an entry that stands elsewhere than its score puts it', () => {
    const [first, second, ...rest] = drawn();
    expect(differences([{ ...second!, turn: 1 }, { ...first!, turn: 2 }, ...rest])).toEqual([
      ['it does not stand where its score puts it', first!.number],
    ]);
  });

  it('with somebody admitted out of turn', () => {
    expect(differences(changed(8, { turn: 1 }))).toEqual([
      ['admitted before somebody of its lane whom the draw puts first', drawn()[8]!.number],
    ]);
  });

  it('with two places of a member, or a number twice', () => {
    const [first, ...rest] = drawn();
    const twin = { ...first!, number: first!.number + 100 };
    expect(differences([first!, { ...twin, turn: 7 }, ...rest.map(({ turn: _turn, ...entry }) => entry)])).toEqual([
      ['its member has another place', twin.number],
    ]);
    expect(differences(changed(3, { number: first!.number }), { count: 11 })).toEqual([['its number is there twice', first!.number]]);
  });

  it('with fewer or more entries than it says, or with pages that tell of different seeds', () => {
    expect(differences(drawn().slice(0, 10), { count: 12 })).toEqual([['the list has 10 entries, and says that it has 12']]);
    const check = createDrawCheck(shown);
    check.page({ ...shown, seed: 'ff', entries: [] });
    expect(check.verdict(0).differences).toMatchObject([{ what: 'pages tell of different seeds' }]);
    expect(drawReport('q', { ...check.verdict(0), seedHash: shown.seedHash })).toContain('✖ The draw does not hold');
  });
});
