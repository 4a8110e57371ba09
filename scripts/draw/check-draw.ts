import { createHash, createHmac } from 'node:crypto';
import type { Draw, DrawEntry } from '@onsale/contracts/queue';

/** What a published draw is found to be. */
export interface DrawVerdict {
  /** Entries that were looked at. */
  readonly entries: number;
  readonly admitted: number;
  /** Of the admitted: they were away when their turn came. */
  readonly late: number;
  /** Came back to a line that Redis had lost, after the list was closed. */
  readonly returned: number;
  /** What is not as it has to be, the first few with their numbers; none where the draw holds. */
  readonly differences: readonly { readonly what: string; readonly count: number; readonly numbers: readonly number[] }[];
}

/** Numbers that are named of each difference. */
const NAMED = 10;

/**
 * The score that the rule of the draw gives a member: the first 48 bits of HMAC-SHA256 (key: the seed's bytes, message: the member hash). Reckoned here anew and
 * not by the service's own code, as anybody would who does not trust it.
 */
const scoreBy = (seed: Buffer, member: string): number =>
  Number.parseInt(createHmac('sha256', seed).update(member, 'utf8').digest('hex').slice(0, 12), 16);

/**
 * Looks at a draw page by page, as it comes from `GET /queues/{id}/draw`, so that a million entries take no more memory than their numbers. `seedHash` is the
 * one that was published before the opening; the seed must be the one that it was made of.
 */
export const createDrawCheck = ({ seed: seedHex, seedHash }: { seed: string; seedHash: string }) => {
  const seed = Buffer.from(seedHex, 'hex');
  const found = new Map<string, { count: number; numbers: number[] }>();
  const numbers = new Set<number>();
  const frontOf = new Map<string, DrawEntry & { readonly turn: number }>();
  const tally = { admitted: 0, late: 0, returned: 0 };
  let before: DrawEntry | undefined;

  const differs = (what: string, number?: number): void => {
    const kept = found.get(what) ?? { count: 0, numbers: [] };
    kept.count += 1;
    if (number !== undefined && kept.numbers.length < NAMED) kept.numbers.push(number);
    found.set(what, kept);
  };

  const checkAdmission = (entry: DrawEntry): void => {
    const { turn, lane, number } = entry;
    if (turn === undefined) return;
    tally.admitted += 1;
    if (entry.late === true) {
      tally.late += 1;
      return;
    }
    const front = frontOf.get(lane);
    if (front !== undefined && turn <= front.turn) differs('admitted before somebody of its lane whom the draw puts first', number);
    else frontOf.set(lane, { ...entry, turn });
  };

  const check = (entry: DrawEntry): void => {
    const { number, member, score } = entry;
    if (scoreBy(seed, member) !== score) differs('its score is not the one that seed and member give', number);
    if (before !== undefined && (score < before.score || (score === before.score && number <= before.number)))
      differs('it does not stand where its score puts it', number);
    if (before?.member === member) differs('its member has another place', number); // who has the same score is next to it
    if (numbers.has(number)) differs('its number is there twice', number);
    numbers.add(number);
    if (entry.returned === true) tally.returned += 1;
    checkAdmission(entry);
    before = entry;
  };

  return {
    page: (page: Pick<Draw, 'seed' | 'seedHash' | 'entries'>): void => {
      if (page.seed !== seedHex || page.seedHash !== seedHash) differs('pages tell of different seeds');
      page.entries.forEach(check);
    },
    /** `count`: how many the list had when it was closed, as it says itself. */
    verdict: (count: number): DrawVerdict => {
      if (createHash('sha256').update(seed).digest('hex') !== seedHash) differs('the seed is not the one whose hash was published');
      if (numbers.size - tally.returned !== count)
        differs(`the list has ${numbers.size - tally.returned} entries, and says that it has ${count}`);
      return { entries: numbers.size, ...tally, differences: [...found].map(([what, kept]) => ({ what, ...kept })) };
    },
  };
};
