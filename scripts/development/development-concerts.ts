import { type Client, createClient, CallProblem } from '@onsale/contracts';
import { signUp } from '@onsale/contracts/commerce';
import { readQueue } from '@onsale/contracts/queue';
import { type Concert, createConcert, createSchedule, listConcerts, listSchedules } from '@onsale/contracts/reservation';
import { setTimeout as delay } from 'node:timers/promises';
import type { Say } from '../engines/engines.ts';
import type { Account } from './accounts.ts';
import { signInAs } from './sign-in-as.ts';

export interface DevelopmentDataOptions {
  gatewayUrl: string;
  operator: Account;
  member: Account;
  say: Say;
}

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

/**
 * Makes a demo member and two concerts with a date each, as a client of the gateway. What is there already stays: a second start adds nothing, and a
 * concert whose dates have passed gets a new one.
 * @returns a few words on what was made
 */
export async function makeDevelopmentData({ gatewayUrl, operator, member, say }: DevelopmentDataOptions): Promise<string> {
  const client = createClient({ baseUrl: gatewayUrl });
  const made: string[] = [];
  if (await becomesMember(client, member)) made.push('demo member');
  const known = await allConcerts(client);
  let accessToken: string | undefined;
  for (const plan of concerts) {
    const concert = known.find(({ title }) => title === plan.title);
    if (concert !== undefined && (await hasDateToCome(client, concert))) continue;
    accessToken ??= await signInAs(client, operator);
    say(plan.title);
    const { id } = concert ?? (await client.call(createConcert, { accessToken, body: withoutSections(plan) }));
    await putOnSale(client, accessToken, id, plan);
    made.push(plan.title);
  }
  return made.length === 0 ? 'all there' : made.join(', ');
}

async function becomesMember(client: Client, { email, password, name }: Account): Promise<boolean> {
  try {
    await client.call(signUp, { body: { email, password, name } });
    return true;
  } catch (error) {
    if (error instanceof CallProblem && error.code === 'EMAIL_TAKEN') return false;
    throw error;
  }
}

async function allConcerts(client: Client): Promise<Concert[]> {
  const all: Concert[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.call(listConcerts, { query: { limit: 100, ...(cursor === undefined ? {} : { cursor }) } });
    all.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return all;
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
  const { queueId } = await client.call(createSchedule, { accessToken, params: { id: concertId }, body });
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
