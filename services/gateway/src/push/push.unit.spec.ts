import { EventEmitter } from 'node:events';
import type { QueueStatus } from '@onsale/contracts/queue';
import { describe, expect, it } from '@jest/globals';
import type { WebSocket } from 'ws';
import { createHeard } from './heard.ts';
import { createMailbox } from './mailbox.ts';
import { isNews, isSurprise, restOf, TURN_MS } from './pace.ts';
import { createPlaces } from './places.ts';
import { openSocketReader } from './socket-reader.ts';
import { hasHeardEnd } from './sse-reader.ts';
import { createWatches } from './watches.ts';

const buildStatus = (over: Partial<QueueStatus> = {}): QueueStatus => ({
  queueId: 'main',
  number: 1,
  lane: 'standard',
  status: 'WAITING',
  position: 5000,
  etaSeconds: 500,
  pollAfterMs: 30_000,
  ...over,
});

describe('a mailbox', () => {
  const mailboxOf = () => {
    const clock = { now: 0 };
    const written: string[] = [];
    const taken: ((error?: Error) => void)[] = [];
    const write = (text: string, done: (error?: Error) => void): void => void (written.push(text), taken.push(done));
    return { clock, written, taken, mailbox: createMailbox({ write, monotonic: () => clock.now }) };
  };

  it('keeps only the newest of what comes while a message is on its way', () => {
    const { written, taken, mailbox } = mailboxOf();
    for (const text of ['a', 'b', 'c', 'd']) mailbox.put(text);
    expect(written).toEqual(['a']);
    taken[0]!();
    expect(written).toEqual(['a', 'd']);
    taken[1]!();
    mailbox.put('e');
    expect(written).toEqual(['a', 'd', 'e']);
  });

  it('tells for how long its reader has not taken what was sent', () => {
    const { clock, taken, mailbox } = mailboxOf();
    expect([mailbox.isFree(), mailbox.stalledMs()]).toEqual([true, 0]);
    mailbox.put('a');
    clock.now = 300;
    mailbox.put('b');
    expect([mailbox.isFree(), mailbox.stalledMs()]).toEqual([false, 300]);
    taken[0]!();
    expect([mailbox.isFree(), mailbox.stalledMs()]).toEqual([false, 0]); // now `b` is on its way
    taken[1]!();
    expect(mailbox.isFree()).toBe(true);
  });

  it('writes nothing more to a connection that broke', () => {
    const { written, taken, mailbox } = mailboxOf();
    mailbox.put('a');
    mailbox.put('b');
    taken[0]!(new Error('broken'));
    expect(written).toEqual(['a']);
  });
});

describe('the pace of looks', () => {
  it.each([
    ['inside', { status: 'ADMITTED' as const }, 1000],
    ['at the head', { position: 3, pollAfterMs: 1200 }, 1000],
    ['at the head of a line that stands', { position: 3, pollAfterMs: 30_000 }, 1000],
    ['in front of a fast line', { position: 5000, pollAfterMs: 1300 }, 1000],
    ['in the middle', { pollAfterMs: 6000 }, 1500],
    ['far behind', { pollAfterMs: 30_000 }, 3000],
  ])('is so many milliseconds %s', (_where, over, ms) => {
    expect(restOf(buildStatus(over))).toBe(ms);
  });

  it('has no news in another time to ask', () => {
    const before = buildStatus();
    expect(isNews(before, buildStatus({ pollAfterMs: 31_000 }))).toBe(false);
    const withoutWord = Object.assign(buildStatus(), { message: undefined }); // as good as none
    for (const other of [buildStatus(), { ...withoutWord }])
      expect([isNews(withoutWord, other), isNews(other, withoutWord)]).toEqual([false, false]);
    for (const over of [{ position: 4999 }, { etaSeconds: 499 }, { status: 'LEFT' as const }])
      expect(isNews(before, buildStatus(over))).toBe(true);
  });

  it.each([
    ['moved on', {}, false],
    ['was admitted', { status: 'ADMITTED' as const }, true],
    ['left', { status: 'LEFT' as const }, false],
    ['is to wait half as long', { etaSeconds: 200 }, true],
    ['cannot be told when', { etaSeconds: undefined }, true],
  ])('is surprised or not when a place far behind %s', (_what, over, surprise) => {
    expect(isSurprise(buildStatus(), { ...buildStatus({ etaSeconds: 495 }), ...over }, 5000)).toBe(surprise);
  });

  it('is not surprised by what happens near the head, unless nothing was expected to', () => {
    const before = buildStatus({ position: 1, pollAfterMs: TURN_MS });
    expect(isSurprise(before, buildStatus({ status: 'ADMITTED' }), 1000)).toBe(false);
    const { etaSeconds: _none, ...standing } = before;
    expect(isSurprise(standing, buildStatus({ status: 'ADMITTED' }), 1000)).toBe(true);
    expect(isSurprise(standing, before, 1000)).toBe(true);
    expect(isSurprise(standing, { ...standing, pollAfterMs: 1200 }, 1000)).toBe(false);
  });

  it('has news in a word of the operator, for everybody', () => {
    const [before, now] = [buildStatus(), buildStatus({ message: 'Doors open soon.' })];
    expect([isNews(before, now), isSurprise(before, now, 5000)]).toEqual([true, true]);
    expect([isNews(now, before), isSurprise(now, before, 5000)]).toEqual([true, true]);
  });
});

describe('places for streams', () => {
  it('are given back once', () => {
    const places = createPlaces({ most: 1, mostOfMember: 1 });
    const giveBack = places.take('ada');
    expect(() => places.take('bob')).toThrow(/OVERLOADED/);
    expect(() => places.take('ada')).toThrow(/RATE_LIMITED/);
    giveBack();
    const again = places.take('bob');
    giveBack();
    expect(() => places.take('ada')).toThrow(/OVERLOADED/);
    again();
    places.take('ada');
  });
});

describe('the end of a place', () => {
  it('has been heard by whoever names it, of this number', () => {
    const completed = buildStatus({ status: 'COMPLETED', number: 12 });
    expect(hasHeardEnd('12.COMPLETED', completed)).toBe(true);
    for (const id of [undefined, '', '11.COMPLETED', '12.WAITING']) expect(hasHeardEnd(id, completed)).toBe(false);
    expect(hasHeardEnd('12.WAITING', buildStatus({ number: 12 }))).toBe(false);
  });
});

describe('a WebSocket that is slow', () => {
  it('is not asked while a message is on its way, and not missed for the answer', () => {
    const [sent, pings]: [(() => void)[], number[]] = [[], []];
    const socket = Object.assign(new EventEmitter(), {
      send: (_text: string, done: () => void) => void sent.push(done),
      ping: () => void pings.push(1),
    });
    const reader = openSocketReader({ socket: socket as unknown as WebSocket, monotonic: () => 0 });
    reader.tell(buildStatus());
    expect([reader.beat(), reader.beat(), pings.length]).toEqual([true, true, 0]);
    sent.shift()!();
    expect([reader.beat(), pings.length]).toEqual([true, 1]);
    expect(reader.beat()).toBe(false);
  });
});

describe('what notices tell', () => {
  it('is kept by queue until it is taken, and of a queue that has more than is kept, all is meant', () => {
    const heard = createHeard();
    const notice = (queueId: string, numbers: number[]) => heard.hear(JSON.stringify({ queueId, numbers }));
    for (const nonsense of ['', '[]', '{"queueId":"a"}']) heard.hear(nonsense);
    expect(heard.isEmpty()).toBe(true);
    notice('a', [1, 2]);
    notice('b', [3]);
    notice('a', [2, 4]);
    expect(heard.take()).toEqual(new Map([['a', new Set([1, 2, 4])], ['b', new Set([3])]])); // prettier-ignore
    expect(heard.isEmpty()).toBe(true);
    notice(
      'a',
      Array.from({ length: 15_000 }, (_, n) => n + 1),
    );
    notice(
      'b',
      Array.from({ length: 5_001 }, (_, n) => n + 1),
    );
    notice('b', [1]);
    expect(heard.take().get('b')).toBe('all');
  });
});

describe('a second stream of one token', () => {
  it('hears of an admission that the first one heard while it was opening', async () => {
    const time = { now: 1000 };
    const told: [string, string][] = [];
    const watches = createWatches<string>({
      checks: { checkMany: async (held) => held.map(() => ({ status: 'ADMITTED' as const, admittedUntil: '2030-01-01T00:00:00.000Z' })) },
      monotonic: () => time.now,
      changed: (stream, found) => void told.push([stream, found === 'INVALID' ? found : found.status]),
    });
    const held = { token: 't', payload: { queueId: 'main', number: 1, lane: 'standard', epoch: 1, member: 'm', issuedAt: 0 } };
    watches.add('first', held, buildStatus(), time.now);
    const askedAt = (time.now = 2000); // the second one's own look, answered WAITING, is on its way to `add`
    time.now = 2005;
    await watches.lookAtTold(new Map([['main', new Set([1])]]));
    watches.add('second', held, buildStatus(), askedAt);
    expect(told).toEqual([['first', 'ADMITTED'], ['second', 'ADMITTED']]); // prettier-ignore
  });
});
