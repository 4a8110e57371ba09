import { createQueue } from '@onsale/contracts/queue';
import { createConcert, createSchedule } from '@onsale/contracts/reservation';
import { newId } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import type { Sale } from '../../scripts/load/journey.ts';
import type { TestFleet } from '../../tests/kit/test-fleet.ts';

const SEATS_A_HALL = 500;
const DAY_MS = 86_400_000;

/** One line for several halls, and for each of `count` members a seat of its own in one of them. No more than `cap` are inside at once. */
export const openSaleNight = async (
  fleet: Pick<TestFleet, 'client' | 'accessToken' | 'queue'>,
  { count, cap, price }: { readonly count: number; readonly cap: number; readonly price: number },
): Promise<(n: number) => Sale> => {
  const asOperator = { accessToken: await fleet.accessToken({ role: 'operator' }) };
  const queueId = `night-${newId().slice(0, 8)}`;
  await fleet.client.call(createQueue, { ...asOperator, body: { id: queueId, cap } });
  const { id } = await fleet.client.call(createConcert, {
    ...asOperator,
    body: { title: 'A tour', venue: 'Halls', description: 'For a benchmark' },
  });
  const halls = await Promise.all(
    Array.from({ length: Math.ceil(count / SEATS_A_HALL) }, (_, n) =>
      fleet.client.call(createSchedule, {
        ...asOperator,
        idempotencyKey: newId(),
        params: { id },
        body: {
          startsAt: new Date(Date.now() + (n + 1) * DAY_MS).toISOString(),
          salesOpenAt: new Date(Date.now() - DAY_MS).toISOString(),
          queueId,
          sections: [{ name: 'Floor', rows: 10, seatsPerRow: SEATS_A_HALL / 10, price }],
        },
      }),
    ),
  );
  await eventually(() => fleet.queue(queueId), { withinMs: 15_000 });
  return (n) => ({ queueId, scheduleId: halls[n % halls.length]!.id, seatIds: [String(Math.floor(n / halls.length) + 1)] });
};
