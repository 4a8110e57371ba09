import { newId } from '@onsale/shared/ids';
import { createOperationsJournal } from '../../scripts/load/operations-journal.ts';
import { createShopper, usualPlan, type Journey, type Sale } from '../../scripts/load/shopper.ts';
import { createStepTimes } from '../../scripts/load/step-times.ts';
import { createVisitor } from '../../scripts/load/visitor.ts';
import type { TestFleet } from './test-fleet.ts';

interface RollingLoadOptions {
  readonly fleet: Pick<TestFleet, 'client' | 'accessToken'>;
  readonly sale: Sale;
  /** Each member wants a seat of its own: when all have been asked for, no more members come. */
  readonly seats: number;
  /** Members in the shop at a time. */
  readonly atOnce: number;
  /** One of so many has no points: its payment is refused, and it gives back what it holds. */
  readonly poorOneOf: number;
}

/**
 * Members who come one after another, `atOnce` of them in the shop, and hold on until they know what came of whatever they asked for: a load for as
 * long as it is wanted.
 */
export const startRollingLoad = ({ fleet, sale, seats, atOnce, poorOneOf }: RollingLoadOptions) => {
  const journal = createOperationsJournal();
  const times = createStepTimes();
  const ends: Journey[] = [];
  const closed = new AbortController();
  let seat = 0;

  const oneMember = async (seatId: string, poor: boolean): Promise<Journey> => {
    const id = newId();
    const visitor = createVisitor({ client: fleet.client, id, accessToken: await fleet.accessToken({ memberId: id }) });
    const plan = { ...usualPlan, holds: 1, operationMs: 60_000, charges: !poor };
    const shopper = createShopper({ visitor, sale: { ...sale, seatIds: [seatId] }, journal, times, plan, random: Math.random });
    return shopper.shop();
  };
  const place = async (): Promise<void> => {
    while (!closed.signal.aborted && seat < seats) {
      seat += 1;
      ends.push(await oneMember(String(seat), seat % poorOneOf === 0));
    }
  };
  const places = Promise.all(Array.from({ length: atOnce }, place));
  places.catch(() => {}); // told by `finish`
  const close = (): void => closed.abort();

  return {
    /** Lets nobody in any more. */
    close,
    paid: () => ends.filter(({ end }) => end === 'paid').length,
    operations: () => journal.operations(),
    /** `close`, and resolves when the last has left. @throws what a member met that was neither an answer nor a failure of the wire */
    finish: async () => {
      close();
      await places;
      return ends;
    },
  };
};

export type RollingLoad = ReturnType<typeof startRollingLoad>;
