import { eventually } from '@onsale/shared/testing';
import { randomBytes } from 'node:crypto';
import { setTimeout as rest } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { dropSchemas } from '../../tests/kit/drop-schemas.ts';
import { sharedEngines, type FleetEngines } from '../../tests/kit/test-engines.ts';
import { testFolders } from '../../tests/kit/test-folders.ts';
import { openShop, QUEUE } from './open-shop.ts';

const CAP = 2;
const STOCK = 20;
const PEOPLE = 24;
const PATIENCE_MS = 120_000;

const name = `example-${randomBytes(3).toString('hex')}`;
const schemaPrefix = `${name.replace('-', '_')}_`;
const folders = testFolders(name);
let engines: FleetEngines;
let shop: Awaited<ReturnType<typeof openShop>>;

beforeAll(async () => {
  engines = await sharedEngines();
  const { mysqlUrl, redisUrl } = engines;
  const { home, logFolder } = folders;
  shop = await openShop({
    mysqlUrl,
    redisUrl,
    home,
    cap: CAP,
    gateways: 2,
    ports: 'free',
    namespace: name,
    schemaPrefix,
    output: { logFolder },
  });
});
afterAll(async () => {
  await shop?.stop();
  await dropSchemas({ mysqlUrl: engines.mysqlUrl, schemaPrefix, services: ['queue'] });
  await engines.release();
  folders.remove();
});

interface Answer {
  readonly is: string;
  readonly body: Record<string, unknown>;
}

const ask = async (method: string, url: string, headers: Record<string, string> = {}): Promise<Answer> => {
  const answer = await fetch(url, { method, headers, signal: AbortSignal.timeout(20_000) });
  const text = await answer.text();
  const body = (answer.headers.get('content-type') ?? '').includes('json') ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { is: [answer.status, ...(typeof body['code'] === 'string' ? [body['code']] : [])].join(' '), body };
};

/** Somebody who comes to the shop, and asks the gateways in turn. */
const person = async (called: string) => {
  let turn = 0;
  const at = (path: string): string => {
    const urls = shop.fleet.urlsOf('gateway');
    return `${urls[(turn += 1) % urls.length]!}${path}`;
  };
  const { body } = await ask('POST', at(`/login/${called}`));
  const authorization = `Bearer ${body['accessToken'] as string}`;
  const line = `/api/v1/queues/${QUEUE}/tokens`;
  const shown: Record<string, string> = { authorization };
  return {
    called,
    shown,
    takesNumber: async () => {
      const taken = await ask('POST', at(line), { authorization });
      shown['queue-token'] = taken.body['token'] as string;
      return taken;
    },
    status: async () => (await ask('GET', at(`${line}/current`), shown)).body['status'],
    buys: () => ask('POST', at('/shop/purchases'), shown),
    leaves: () => ask('DELETE', at(`${line}/current`), shown),
    asks: (method: string, path: string) => ask(method, at(path), shown),
  };
};
type Person = Awaited<ReturnType<typeof person>>;

const untilAdmitted = async (who: Person): Promise<void> => {
  const deadline = performance.now() + PATIENCE_MS;
  while ((await who.status()) !== 'ADMITTED') {
    if (performance.now() > deadline) throw new Error(`${who.called} was never let in`);
    await rest(100);
  }
};

/** The rows of the queue's journal, in the order of their turns. */
const journal = async () => {
  const connection = await createConnection({ uri: shop.fleet.databases.queue!, timezone: 'Z' });
  const [rows] = await connection.query<RowDataPacket[]>('SELECT number, admitted_at, ended_at, ending FROM journal ORDER BY turn');
  await connection.end();
  return rows as { number: number; admitted_at: Date; ended_at: Date | null; ending: string | null }[];
};

const mostAtOnce = (rows: Awaited<ReturnType<typeof journal>>): number => {
  const steps = rows.flatMap(({ admitted_at, ended_at }) => [
    { at: admitted_at.getTime(), by: 1 },
    ...(ended_at === null ? [] : [{ at: ended_at.getTime(), by: -1 }]),
  ]);
  let inside = 0;
  return Math.max(...steps.sort((a, b) => a.at - b.at || a.by - b.by).map(({ by }) => (inside += by)));
};

describe('a shop that has never heard of Onsale, behind a waiting room without Kafka and without our shop', () => {
  it('is reached by nobody who has not come through the line', async () => {
    const eve = await person('eve');
    expect(await eve.asks('GET', '/shop/about')).toMatchObject({ is: '200' }); // what the file leaves open
    expect((await eve.buys()).is).toBe('401 QUEUE_TOKEN_REQUIRED');
    expect((await ask('POST', `${shop.fleet.gatewayUrl}/shop/purchases`)).is).toBe('401 UNAUTHENTICATED');
    const round = [
      '/shop/about/../purchases',
      '/shop/about/%2e%2e/purchases',
      '/shop/about/..%2fpurchases',
      '/SHOP/purchases',
      '//shop/purchases',
    ];
    for (const path of round) expect([path, (await eve.asks('POST', path)).is]).not.toEqual([path, '201']);
    const forged = { 'x-onsale-principal': 'e30.e30.e30', 'x-onsale-number': '1', 'x-onsale-member': 'eve' };
    expect((await ask('POST', `${shop.shopUrl}/shop/purchases`, forged)).is).toBe('403'); // nor past the gateway
    expect((await eve.asks('GET', '/api/v1/concerts')).is).toBe('404 NOT_FOUND');
    expect((await eve.asks('POST', '/api/v1/admin/queues')).is).toBe('403 FORBIDDEN');
    expect([...shop.sold.values()]).not.toContain('eve');
  });

  it('sells what it has to those whose turn it is, in their order, and its completions let the next ones in', async () => {
    const people: Person[] = [];
    for (let n = 0; n < PEOPLE; n += 1) people.push(await person(`person-${n}`));
    const numbers = new Set<unknown>();
    for (const one of people) {
      const { is, body } = await one.takesNumber(); // one behind the other
      expect(is).toBe('201');
      numbers.add(body['number']);
    }
    expect((await people.at(-1)!.buys()).is).toBe('403 QUEUE_NOT_ADMITTED');

    const bought = await Promise.all(
      people.map(async (one) => {
        await untilAdmitted(one);
        const { is } = await one.buys();
        if (is === '409') await one.leaves(); // those who bought are ended by the shop alone
        return { called: one.called, is };
      }),
    );

    expect(bought.filter(({ is }) => is === '201')).toHaveLength(STOCK);
    expect(bought.filter(({ is }) => is === '409')).toHaveLength(PEOPLE - STOCK);
    expect([...shop.sold.values()].toSorted()).toEqual(
      bought
        .filter(({ is }) => is === '201')
        .map(({ called }) => called)
        .toSorted(),
    );
    const rows = await eventually(
      async () => {
        const all = (await journal()).filter(({ number }) => numbers.has(number));
        expect(all.filter(({ ended_at }) => ended_at === null)).toEqual([]);
        return all;
      },
      { withinMs: 30_000 },
    );
    expect(rows).toHaveLength(PEOPLE);
    expect(rows.map(({ number }) => number)).toEqual(rows.map(({ number }) => number).toSorted((a, b) => a - b));
    expect(new Set(rows.filter(({ ending }) => ending === 'COMPLETED').map(({ number }) => number))).toEqual(new Set(shop.sold.keys()));
    expect(mostAtOnce(rows)).toBe(CAP);

    const spent = people.find(({ called }) => called === shop.sold.get(rows[0]!.number))!;
    await eventually(async () => expect((await spent.buys()).is).toBe('403 QUEUE_NOT_ADMITTED')); // a gateway keeps ADMITTED for a second
    expect(shop.sold.size).toBe(STOCK);
  });

  it('has a page for browsers, which are known by a cookie that the shop has set', async () => {
    const { gatewayUrl } = shop.fleet;
    const login = await fetch(`${gatewayUrl}/login/browser`, { method: 'POST' });
    await login.body?.cancel();
    const cookie = login.headers.getSetCookie()[0]!.split(';')[0]!;
    const page = `${gatewayUrl}/waiting-room/${QUEUE}`;
    expect(await (await fetch(page)).text()).toContain('Sign in at the shop');
    expect(await (await fetch(page, { headers: { cookie } })).text()).not.toContain('Sign in');
    const headers = { cookie, origin: gatewayUrl, 'content-type': 'application/x-www-form-urlencoded' };
    const taken = await fetch(`${page}/place`, { method: 'POST', headers, body: 'next=/shop/stock', redirect: 'manual' });
    expect([taken.status, taken.headers.getSetCookie()[0]]).toEqual([303, expect.stringMatching(/^onsale-queue-sneakers=/)]);
    const both = { cookie: `${cookie}; ${taken.headers.getSetCookie()[0]!.split(';')[0]!}` };
    await eventually(async () => expect((await ask('GET', `${gatewayUrl}/shop/stock`, both)).is).toBe('200'));
    expect((await ask('POST', `${gatewayUrl}/shop/purchases`, { ...both, origin: 'https://evil.example' })).is).toBe(
      '403 ORIGIN_NOT_ALLOWED',
    );
    const place = `${gatewayUrl}/api/v1/queues/${QUEUE}/tokens/current`;
    expect((await ask('DELETE', place, { ...both, origin: gatewayUrl })).is).toBe('204');
  });
});
