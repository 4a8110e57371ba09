import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runChecks } from '@onsale/shared/invariants';
import { array, assert, asyncProperty, constant, nat, oneof, record } from 'fast-check';
import { journalChecks } from '../journal/journal-checks.ts';
import type { Room } from '../room.ts';
import { bothLines, type BothLines } from '../testing/both-lines.ts';
import { testRooms, type TestRooms } from '../testing/test-room.ts';
import { lineLooks } from './line-looks.ts';

let rooms: TestRooms;
let room: Room;
beforeAll(async () => {
  rooms = await testRooms();
  room = await rooms.replica({ ticking: false });
});
afterAll(() => rooms.stop());

type Steps = BothLines['steps'];
const often: Partial<Record<keyof Steps, number>> = { enter: 6, show: 5, admit: 5, tell: 3, leave: 2 };
const NAMES: (keyof Steps)[] = [
  'enter',
  'show',
  'leave',
  'spend',
  'expire',
  'goAway',
  'admit',
  'tell',
  'rest',
  'setCap',
  'wipe',
  'copy',
  'failOver',
  'stepClock',
];
const step = record({
  name: oneof(...NAMES.map((name) => ({ arbitrary: constant(name), weight: often[name] ?? 1 }))),
  who: nat(59),
  lane: nat(2),
});

const same = (real: unknown, wanted: unknown): void => expect({ line: real }).toMatchObject({ line: wanted });

describe('the line and the journal, beside a plain model of a line', () => {
  it('do the same, whatever happens in whatever order: one place a member, in order in each lane, never above the cap, and an end is an end', async () => {
    const plays = asyncProperty(array(step, { minLength: 15, maxLength: 60, size: 'max' }), async (played) => {
      const { steps, compare, settle } = await bothLines({ rooms, room, same });
      for (const { name, who, lane } of played) {
        await steps[name]({ who, lane });
        await compare();
      }
      await settle();
    });
    await assert(plays, { numRuns: 15, interruptAfterTimeLimit: 60_000, endOnFailure: false });

    expect((await runChecks(rooms.db, journalChecks)).filter(({ violations }) => violations > 0)).toEqual([]);
    for (const { says, find } of lineLooks({ db: rooms.db, redis: rooms.redis, namespace: 'test' }))
      for await (const offender of await find()) throw new Error(`${says}: ${offender}`);
  }, 120_000);
});
