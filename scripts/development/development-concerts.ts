import { type Client, CallProblem } from '@onsale/contracts';
import { readQueue } from '@onsale/contracts/queue';
import { type Concert, createConcert, createSchedule, listConcerts, listSchedules } from '@onsale/contracts/reservation';
import { newId } from '@onsale/shared/ids';
import { setTimeout as delay } from 'node:timers/promises';
import { allPages } from './all-pages.ts';
import type { Making } from './making.ts';

interface ConcertPlan {
  title: string;
  venue: string;
  description: string;
  sections: { name: string; grade: string; rows: number; seatsPerRow: number; price: number }[];
}

/** README's commands choose the second by its title. */
const concerts: ConcertPlan[] = [
  {
    title: 'An evening at the Small Stage',
    venue: 'The Small Stage',
    description: 'Fifty seats, to see how a sale runs out.',
    sections: [{ name: 'Floor', grade: 'A', rows: 5, seatsPerRow: 10, price: 40_000 }],
  },
  {
    title: 'The Great Autumn Concert',
    venue: 'City Hall',
    description: 'Three thousand seats on two floors.',
    sections: [
      { name: 'Stalls', grade: 'A', rows: 40, seatsPerRow: 50, price: 90_000 },
      { name: 'Balcony', grade: 'B', rows: 20, seatsPerRow: 50, price: 55_000 },
    ],
  },
];

const startsInDays = 30;
const lineMs = 20_000;

/** Puts the concerts on sale that are missing, and those again whose dates have passed. @returns their titles */
export async function makeConcerts({ client, operatorToken, say }: Making): Promise<string[]> {
  const made: string[] = [];
  const known = await allPages((query) => client.call(listConcerts, { query }));
  for (const plan of concerts) {
    const concert = known.find(({ title }) => title === plan.title);
    if (concert !== undefined && (await hasDateToCome(client, concert))) continue;
    const accessToken = await operatorToken();
    say(plan.title);
    const { id } = concert ?? (await client.call(createConcert, { accessToken, body: withoutSections(plan) }));
    await putOnSale(client, accessToken, id, plan);
    made.push(plan.title);
  }
  return made;
}

async function hasDateToCome(client: Client, { id }: Concert): Promise<boolean> {
  const { items } = await client.call(listSchedules, { params: { id }, query: { limit: 100 } });
  return items.some(({ startsAt }) => Date.parse(startsAt) > Date.now());
}

/** On sale from now; done when the queue service has heard of it and made its line. */
async function putOnSale(client: Client, accessToken: string, concertId: string, { sections }: ConcertPlan): Promise<void> {
  const day = new Date(Date.now() + startsInDays * 86_400_000);
  day.setUTCHours(19, 0, 0, 0);
  const body = { startsAt: day.toISOString(), durationMinutes: 120, salesOpenAt: new Date().toISOString(), sections };
  const { queueId } = await client.call(createSchedule, { accessToken, idempotencyKey: newId(), params: { id: concertId }, body });
  const deadline = Date.now() + lineMs;
  for (;;) {
    try {
      await client.call(readQueue, { params: { queueId } });
      return;
    } catch (error) {
      const notYet = error instanceof CallProblem && error.status === 404;
      if (!notYet || Date.now() > deadline) throw error;
    }
    await delay(100);
  }
}

function withoutSections({ sections: _sections, ...rest }: ConcertPlan): Omit<ConcertPlan, 'sections'> {
  return rest;
}
