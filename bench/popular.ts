import { loadavg } from 'node:os';
import { pathOf, urlOf } from '@onsale/contracts';
import { listPopularProducts, readPopularRanking, readProduct, rebuildPopularRanking } from '@onsale/contracts/commerce';
import { createAccessTokenSigner } from '@onsale/shared/auth';
import { createDatabase } from '@onsale/shared/db';
import { newId, systemClock } from '@onsale/shared/ids';
import { createLog } from '@onsale/shared/log';
import { createRedis } from '@onsale/shared/redis';
import { eventually, temporaryFolders } from '@onsale/shared/testing';
import type { Engines } from '../scripts/engines/engines.ts';
import { popularInDatabase, popularInRedis } from '../services/commerce/src/popular/popular-products.ts';
import { createRanking } from '../services/commerce/src/popular/ranking.ts';
import { startTestFleet, type TestFleet } from '../tests/kit/test-fleet.ts';
import { closedLoop, requestOf } from './kit/closed-loop.ts';
import { fillOrders } from './kit/fill-orders.ts';
import { productionKeys, WIDE } from './kit/production.ts';
import { ms, progress, report, table } from './kit/report.ts';
import { inTurn, median, oddities, speedRow, watched } from './kit/rounds.ts';
import { startBareLine, type BareLine } from './kit/yardstick.ts';

const PRODUCTS = 2_000;
const ORDERS = 400_000;
const ITEMS = 1_000_000;
const ROUNDS = 5;
const ROUND_MS = 3_000;
const REBUILDS = 3;
const LOOKS = 10;
/** Few, so that an answer's time is its own, and not that of the others in front of it. */
const CONNECTIONS = 4;
const NOBODY = 'http://127.0.0.1:9';

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};
const times = async (count: number, work: () => Promise<unknown>): Promise<number[]> => {
  const all: number[] = [];
  for (let n = 0; n < count; n += 1) all.push(await timed(work));
  return all;
};

interface Loads {
  readonly fleet: TestFleet;
  readonly bare: BareLine;
  readonly productId: string;
  readonly say: (what: string) => void;
}

/** Rounds of the popular products, of one product, and of the yardstick. */
const loads = async ({ fleet, bare, productId, say }: Loads) => {
  const asking = (path: string) => {
    const request = requestOf('GET', path);
    return (loopMs: number) => closedLoop({ baseUrl: fleet.gatewayUrl, connections: CONNECTIONS, ms: loopMs, next: () => request });
  };
  const ask = asking(pathOf(listPopularProducts));
  const askOne = asking(urlOf('', readProduct, { id: productId }));
  const processes = fleet.processes.map((process) => ({ name: process.name, pid: process.pid() }));
  await ask(ROUND_MS);
  await askOne(ROUND_MS);
  const rounds = await inTurn(
    ROUNDS,
    {
      bare: () => watched([bare], () => bare.asked(ROUND_MS, CONNECTIONS)),
      one: () => watched(processes, () => askOne(ROUND_MS)),
      popular: () => watched(processes, () => ask(ROUND_MS)),
    },
    (round) => say(Object.entries(round).map(([name, { loop }]) => `${name} p99 ${ms(loop.latency.p99)}`).join(', ')), // prettier-ignore
  );
  return [rounds.map((round) => round.popular), rounds.map((round) => round.one), rounds.map((round) => round.bare)] as const;
};

/** The popular products through the gateway, warm, beside a bare express server that asks Redis for a rank; their rebuild of a million order items; and a look in either store. */
export const popular = async (engines: Engines): Promise<void> => {
  const say = progress('popular');
  say('starting a gateway and commerce');
  const folders = temporaryFolders();
  const { access, settings } = productionKeys(folders.make());
  const away = { ONSALE_RESERVATION_URLS: NOBODY, ONSALE_PAYMENT_URLS: NOBODY, ONSALE_QUEUE_URLS: NOBODY };
  const fleet = await startTestFleet({
    replicas: { queue: 0, reservation: 0, payment: 0 },
    settings: { ...settings, gateway: { ...settings.gateway, ...away, ...WIDE } },
  });
  const bare = await startBareLine({ redisUrl: engines.redisUrl });
  const { commerce: db } = fleet.stores.databases;
  const own = createDatabase({ url: fleet.databases.commerce!, poolSize: 2 });
  const redis = createRedis({ url: fleet.redisUrl, name: 'bench', log: createLog({ service: 'bench', level: 'silent' }) });
  try {
    say(`${ITEMS} order items`);
    await fillOrders(db, { products: PRODUCTS, orders: ORDERS, items: ITEMS });
    const [counted] = await db('order_items').count<{ count: number }[]>({ count: '*' });
    const items = counted!.count;

    const signer = createAccessTokenSigner({ keys: access, clock: systemClock, lifeSeconds: 3_600 });
    const accessToken = await signer.sign({ memberId: newId(), role: 'operator', sessionId: newId() });
    const standing = () => fleet.client.call(readPopularRanking, { accessToken });
    await eventually(standing);
    const rebuild = async (): Promise<void> => {
      const { builtAt } = await standing();
      await fleet.client.call(rebuildPopularRanking, { accessToken });
      await eventually(
        async () => {
          if ((await standing()).builtAt === builtAt) throw new Error('it is being built');
        },
        { withinMs: 300_000, everyMs: 50 },
      );
    };
    say(`${REBUILDS} rebuilds`);
    const rebuilds = await times(REBUILDS, rebuild);

    const ranking = createRanking({ redis, namespace: fleet.namespace });
    const [inRedis, inDatabase] = [
      popularInRedis({ db: own, ranking, clock: systemClock }),
      popularInDatabase({ db: own, clock: systemClock }),
    ];
    await inRedis();
    const looks = await times(LOOKS, inRedis);
    const sums = await times(REBUILDS, inDatabase);
    const same = JSON.stringify(await inRedis()) === JSON.stringify(await inDatabase());

    const [best] = (await inRedis())!.items;
    const [ours, one, theirs] = await loads({ fleet, bare, productId: best!.id, say });
    report(
      'popular',
      [
        `The five most sold of ${PRODUCTS} products, by ${items} items of ${ORDERS} orders of three days. Through the gateway, ${CONNECTIONS} at a time, warm: a process`,
        `looks once a second. ${ROUNDS} rounds of ${ROUND_MS / 1_000} s in turn with the same number of requests for one product, which is read from the`,
        'database each time, and to a bare express server that answers with a Redis ZRANK; medians.',
        '',
        table([
          ['', 'answers', 'p50', 'p99'],
          speedRow('popular products through the gateway', ours),
          speedRow('one product through the gateway', one),
          speedRow('bare express + ZRANK', theirs),
        ]),
        '',
        `Aim: p99 < 5 ms warm.${oddities(ours, 200)} Load of the machine in the last minute, others' work included: ${loadavg()[0]!.toFixed(1)}.`,
        '',
        table([
          ['', 'median', 'longest'],
          ['rebuild of the ranking, from asking for it to its being read', ms(median(rebuilds)), ms(Math.max(...rebuilds))],
          ['one look in Redis, the products of the database included', ms(median(looks)), ms(Math.max(...looks))],
          ['one look in the orders, as without Redis', ms(median(sums)), ms(Math.max(...sums))],
        ]),
        '',
        `A look in Redis takes 1/${(median(sums) / median(looks)).toFixed(0)} of one in the orders; both answers were ${same ? 'the same' : 'DIFFERENT'}.`,
      ].join('\n'),
    );
  } finally {
    redis.disconnect();
    await own.destroy();
    await bare.stop();
    await fleet.stop();
    folders.remove();
  }
};
