import { createClient } from '@onsale/contracts';
import { createProduct } from '@onsale/contracts/commerce';
import { newId } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import { summaryOf, type Summary } from '../scripts/load/latencies.ts';
import { createKeepAliveFetch } from '../scripts/load/keep-alive-fetch.ts';
import { openLoop } from '../scripts/load/open-loop.ts';
import { createVisitor } from '../scripts/load/visitor.ts';
import { tally } from '../tests/kit/outcome.ts';
import { kafkaRoundTrip } from './kit/kafka-round-trip.ts';
import { usageOf } from './kit/process-usage.ts';
import { ms, progress, report, table } from './kit/report.ts';
import { startShopFleet } from './kit/shop-fleet.ts';

const PER_SECOND = 150;
const ORDERS = 3_000;
/** Orders before the measured ones: V8 has compiled the way of an order after some hundred of them. */
const WARM_UP = 3_000;
const MEMBERS = 300;
const PRODUCTS = 20;

const rowOf = (name: string, { count, p50, p95, p99, max }: Summary): string[] => [name, String(count), ms(p50), ms(p95), ms(p99), ms(max)];

/** Paid orders at 150 a second through the gateway, beside bare Kafka round trips of the same seconds. */
export const orders = async ({ kafkaBrokers }: { kafkaBrokers: string }): Promise<void> => {
  const say = progress('orders');
  say('starting a fleet');
  const fleet = await startShopFleet();
  const wire = createKeepAliveFetch({ baseUrl: fleet.gatewayUrl });
  const yardstick = await kafkaRoundTrip(kafkaBrokers.split(','));
  try {
    say(`making ${PRODUCTS} products and charging ${MEMBERS} members`);
    const make = () => fleet.asOperator(createProduct, { body: { name: 'A thing', price: 10, stock: 1_000_000, onSale: true } });
    const products = (await Promise.all(Array.from({ length: PRODUCTS }, make))).map(({ id }) => id);
    const client = createClient({ baseUrl: fleet.gatewayUrl, fetch: wire.fetch });
    const ids = Array.from({ length: MEMBERS }, newId);
    const members = await Promise.all(
      ids.map(async (id) => createVisitor({ client, id, accessToken: await fleet.accessToken({ memberId: id }) })),
    );
    for (let i = 0; i < MEMBERS; i += 10) await Promise.all(members.slice(i, i + 10).map((member) => member.charges(10_000)));
    const order = (n: number) =>
      members[n % MEMBERS]!.orders({ items: [{ productId: products[n % PRODUCTS]!, quantity: 1 }] }).catch(() => ({
        is: 'no answer',
        body: undefined,
      }));
    const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

    say(`warming up: ${WARM_UP} orders`);
    await openLoop(numbers(WARM_UP), (PER_SECOND * 2) / 3, order);
    say(`measuring: ${ORDERS} orders at ${PER_SECOND} a second, ${ORDERS / PER_SECOND} s`);
    const usage = usageOf(
      fleet.processes.map((process) => ({ name: process.name, pid: process.pid() })),
      ORDERS / PER_SECOND,
    );
    const began = performance.now();
    const [placed, bare] = await Promise.all([
      openLoop(numbers(ORDERS), PER_SECOND, order),
      openLoop(numbers(ORDERS / 10), PER_SECOND / 10, yardstick.once),
    ]);
    const seconds = (performance.now() - began) / 1000;
    const completed = placed.filter(({ result }) => result.body?.status === 'COMPLETED');
    const answers = Object.entries(tally(placed.map(({ result }) => result))).map(([is, count]) => `${count} ${is}`);
    await eventually(() => fleet.digest({ settled: true }), { withinMs: 30_000 });

    const [paid, there] = [summaryOf(completed.map(({ ms }) => ms)), summaryOf(bare.map(({ ms }) => ms))];
    report(
      'orders',
      [
        `${ORDERS} orders of one of ${PRODUCTS} products by ${MEMBERS} members, offered at ${PER_SECOND} a second through the gateway; ${completed.length} were answered COMPLETED,`,
        `${(completed.length / seconds).toFixed(0)} a second (${answers.join(', ')}). An order is reserve, debit and complete: one Kafka round trip with its transactions between request and answer.`,
        'The yardstick is one bare round trip by the Kafka client in the same seconds, at a tenth of the rate.',
        '',
        table([['', 'count', 'p50', 'p95', 'p99', 'max'], rowOf('paid order', paid), rowOf('bare Kafka round trip', there)]),
        '',
        `Ratio to the round trip: p50 ${(paid.p50 / there.p50).toFixed(1)}, p99 ${(paid.p99 / there.p99).toFixed(1)}. Aim: 150 paid orders a second.`,
        '',
        table([
          ['service', 'CPU of one core', 'memory'],
          ...(await usage).map(({ name, cpu, megabytes }) => [name, `${cpu.toFixed(0)} %`, `${megabytes.toFixed(0)} MB`]),
        ]),
      ].join('\n'),
    );
  } finally {
    await yardstick.stop();
    await wire.close();
    await fleet.stop();
  }
};
