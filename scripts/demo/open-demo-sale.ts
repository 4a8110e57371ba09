import type { Client } from '@onsale/contracts';
import { createQueue } from '@onsale/contracts/queue';
import { createConcert, createSchedule } from '@onsale/contracts/reservation';
import { newId } from '@onsale/shared/ids';

export interface DemoSaleOptions {
  readonly client: Client;
  readonly operatorToken: string;
  readonly seats: number;
  /** Members inside at once, at most. */
  readonly cap: number;
}

export interface DemoSale {
  readonly title: string;
  readonly queueId: string;
  readonly scheduleId: string;
  readonly seats: number;
  readonly cap: number;
}

/** What the title of every demo's concert begins with. */
export const DEMO_TITLE = 'Demo sale';

const SEATS_A_ROW = 10;
const PRICE = 12_000;
const STARTS_IN_MS = 30 * 86_400_000;
/** The line is short and moves fast: nobody rests for longer than this many seconds, or keeps a place inside for a minute. */
const LINE = { maxPollSeconds: 2, windowSeconds: 60, abandonAfterSeconds: 30 };

const rowsOf = (seats: number) =>
  seats % SEATS_A_ROW === 0 ? { rows: seats / SEATS_A_ROW, seatsPerRow: SEATS_A_ROW } : { rows: 1, seatsPerRow: seats };

/** A concert of its own for each demo, on sale from now, behind a line of its own. @throws CallProblem */
export const openDemoSale = async ({ client, operatorToken: accessToken, seats, cap }: DemoSaleOptions): Promise<DemoSale> => {
  const now = new Date();
  const title = `Demo sale of ${now.toISOString().slice(0, 19).replace('T', ' ')}`;
  const queueId = `demo-${newId().replaceAll('-', '')}`; // 40 characters at most
  await client.call(createQueue, { accessToken, body: { id: queueId, cap, ...LINE } });
  const { id } = await client.call(createConcert, {
    accessToken,
    body: { title, venue: 'The Small Stage', description: `${seats} seats, sold to simulated members.` },
  });
  const schedule = await client.call(createSchedule, {
    accessToken,
    idempotencyKey: newId(),
    params: { id },
    body: {
      startsAt: new Date(now.getTime() + STARTS_IN_MS).toISOString(),
      salesOpenAt: now.toISOString(),
      queueId,
      sections: [{ name: 'Floor', grade: 'A', ...rowsOf(seats), price: PRICE }],
    },
  });
  return { title, queueId, scheduleId: schedule.id, seats, cap };
};
