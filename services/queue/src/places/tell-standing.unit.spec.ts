import { describe, expect, it } from '@jest/globals';
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
  lanes: [],
  message: undefined,
};
const pace = { lane: 'standard', waiting: 50, rate: 1 };

describe('tellStanding', () => {
  it('tells a waiter position, wait and when to ask again', () => {
    expect(tellStanding(queue, { state: 'WAITING', position: 20 }, pace, 0)).toEqual({
      status: 'WAITING',
      position: 20,
      etaSeconds: 20,
      pollAfterMs: 2000,
    });
  });

  it('tells a waiter whose position nobody knows to ask again', () => {
    expect(tellStanding(queue, { state: 'WAITING' }, undefined, 0)).toEqual({ status: 'WAITING', pollAfterMs: 30_000 });
  });

  it('tells the admitted until when', () => {
    const untilMs = Date.parse('2030-01-01T12:00:00.000Z');
    expect(tellStanding(queue, { state: 'ADMITTED', untilMs, remainingMs: 1234.5 }, pace, 0)).toEqual({
      status: 'ADMITTED',
      admittedUntil: '2030-01-01T12:00:00.000Z',
      remainingMs: 1234,
    });
  });

  it.each(['EXPIRED', 'COMPLETED', 'LEFT', 'REVOKED'] as const)('tells %s by its name', (ending) => {
    expect(tellStanding(queue, { state: 'ENDED', ending }, pace, 0)).toEqual({ status: ending });
  });

  it('knows no token that has waited longer than its life', () => {
    expect(tellStanding(queue, { state: 'OVER' }, pace, 0)).toEqual({ status: 'INVALID' });
  });
});
