import { describe, expect, it } from '@jest/globals';
import { captureLog } from '@onsale/shared/testing';
import type { QueueDefinition } from '../queues/queue.ts';
import { UNCLEAR, type FindLost } from './find-lost.ts';
import { lookAtPlaces } from './look-at-places.ts';

const place = { number: 1, member: 'ada', lane: 'standard', score: 1 };
const queue = { id: 'main', generation: 1 } as QueueDefinition;

/** A Redis that has lost its line, and a journal that answers so. */
const lookBy = (findLost: FindLost) =>
  lookAtPlaces({
    line: { status: async () => undefined } as never,
    findLost,
    definitions: { forget: () => {}, get: async () => queue },
    markBusy: () => {},
    wake: () => {},
    log: captureLog().log,
  });

describe('a place that Redis has lost', () => {
  it('is told that it waits, for certain, when the journal does not know it', async () => {
    const look = lookBy(async () => [UNCLEAR]);
    expect(await look(queue, place)).toEqual({ standing: { state: 'WAITING' }, pace: undefined });
  });

  it('may be inside when the journal cannot be asked', async () => {
    const look = lookBy(async () => {
      throw new Error('the journal is away');
    });
    expect(await look(queue, place)).toEqual({ standing: { state: 'WAITING', unsure: true }, pace: undefined });
  });
});
