import { describe, expect, it } from '@jest/globals';
import { drawBy } from '../opening/draw.ts';
import type { QueueSettings } from '../queues/queue.ts';
import { tellStanding } from './tell-standing.ts';

const queue: QueueSettings = {
  cap: 10,
  admitPerSecond: undefined,
  capacity: undefined,
  windowSeconds: 600,
  abandonAfterSeconds: 120,
  onExpiry: 'end',
  tokenLifeSeconds: 86_400,
  maxPollSeconds: 30,
  noShowAfterSeconds: undefined,
  lanes: [],
  message: undefined,
};
const moment = { nowMs: Date.parse('2030-01-01T11:00:00.000Z'), random: 0 };
const pace = { lane: 'standard', waiting: 50, rate: 1 };

describe('tellStanding', () => {
  it('tells a waiter position, wait and when to ask again', () => {
    expect(tellStanding(queue, { state: 'WAITING', position: 20 }, pace, moment)).toEqual({
      status: 'WAITING',
      position: 20,
      etaSeconds: 20,
      pollAfterMs: 2000,
    });
  });

  it.each([{ state: 'PAUSED' as const }, { resting: true }])('tells no wait while nobody is admitted: %o', (stands) => {
    expect(tellStanding({ ...queue, ...stands }, { state: 'WAITING', position: 20 }, pace, moment)).toEqual({
      status: 'WAITING',
      position: 20,
      pollAfterMs: 2000,
    });
  });

  it('tells a waiter whose position nobody knows to ask again', () => {
    expect(tellStanding(queue, { state: 'WAITING' }, undefined, moment)).toEqual({ status: 'WAITING', pollAfterMs: 30_000 });
  });

  it('tells nobody a position before the opening, and lets them ask again shortly after it', () => {
    const opening = { opensAt: new Date(moment.nowMs + 20_000), opened: false, listed: false, draw: drawBy(Buffer.alloc(32)) };
    const waiting = { state: 'WAITING', position: 20 } as const;
    expect(tellStanding({ ...queue, opening }, waiting, pace, moment)).toEqual({ status: 'PREQUEUE', pollAfterMs: 20_000 });
    const opened = { ...opening, opened: true };
    expect(tellStanding({ ...queue, opening: opened }, waiting, pace, moment)).toMatchObject({ status: 'WAITING', position: 20 });
  });

  it('tells the admitted until when', () => {
    const untilMs = Date.parse('2030-01-01T12:00:00.000Z');
    expect(tellStanding(queue, { state: 'ADMITTED', untilMs, remainingMs: 1234.5 }, pace, moment)).toEqual({
      status: 'ADMITTED',
      admittedUntil: '2030-01-01T12:00:00.000Z',
      remainingMs: 1234,
    });
  });

  it.each(['EXPIRED', 'COMPLETED', 'LEFT', 'REVOKED'] as const)('tells %s by its name', (ending) => {
    expect(tellStanding(queue, { state: 'ENDED', ending }, pace, moment)).toEqual({ status: ending });
  });

  it('knows no token that has waited longer than its life', () => {
    expect(tellStanding(queue, { state: 'OVER' }, pace, moment)).toEqual({ status: 'INVALID' });
  });
});
