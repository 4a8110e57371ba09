import { newId } from '@onsale/shared/ids';
import { STANDARD_LANE, type Place } from '../places/place.ts';
import { scoreOf } from '../places/score.ts';
import type { QueueDefinition, QueueSettings } from '../queues/queue.ts';

/** What a queue has when a spec says nothing else. */
export const SETTINGS: QueueSettings = {
  cap: 100,
  admitPerSecond: undefined,
  capacity: undefined,
  windowSeconds: 600,
  noShowAfterSeconds: undefined,
  abandonAfterSeconds: 120,
  onExpiry: 'end',
  tokenLifeSeconds: 86_400,
  maxPollSeconds: 30,
  lanes: [],
  message: undefined,
};

/** A queue as the database would have it: its epoch a second ago, its line in the first of its lives. */
export const buildQueue = (given: Partial<QueueDefinition> = {}): QueueDefinition => ({
  id: `q-${newId()}`,
  state: 'OPEN',
  opening: undefined,
  epoch: Date.now() - 1000,
  epochsEnded: 0,
  firstNumber: 0,
  generation: 1,
  resting: false,
  createdAt: new Date(),
  ...SETTINGS,
  ...given,
});

/** The place that a number gives a member. */
export const buildPlace = (queue: QueueDefinition, number: number, member: string, lane = STANDARD_LANE): Place => ({
  number,
  member,
  lane,
  score: scoreOf(queue, { number, member }),
});
