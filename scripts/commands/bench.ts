// npm run bench -- <name>: engines and a fleet of its own, a load, and a table in docs/benchmarks.md.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { coupons } from '../../bench/coupons.ts';
import { gate } from '../../bench/gate.ts';
import { hotProduct } from '../../bench/hot-product.ts';
import { journey } from '../../bench/journey.ts';
import { orders } from '../../bench/orders.ts';
import { popular } from '../../bench/popular.ts';
import { push } from '../../bench/push.ts';
import { saga } from '../../bench/saga.ts';
import { status } from '../../bench/status.ts';
import { tokens } from '../../bench/tokens.ts';
import { waitingMillion } from '../../bench/waiting-million.ts';
import { CannotGoOn, type Engines } from '../engines/engines.ts';
import { startEngines } from '../engines/start-engines.ts';
import { workFolder } from '../paths.ts';
import { claimFreeHome, reapOrphans } from '../processes/home.ts';
import { Interrupted, onInterruption } from '../terminal/interruption.ts';

const benchmarks: Record<string, (engines: Engines, options: readonly string[]) => Promise<void>> = {
  saga,
  journey,
  status,
  tokens,
  gate,
  push,
  popular,
  coupons,
  orders,
  'hot-product': hotProduct,
  'waiting-million': waitingMillion,
};

const [name, ...options] = process.argv.slice(2);
const benchmark = benchmarks[name ?? ''];
if (benchmark === undefined) {
  console.error(`npm run bench -- <name>, with one of: ${Object.keys(benchmarks).join(', ')}`);
  process.exit(2);
}

const signal = onInterruption({ atOnce: () => process.exit(130) });
const home = claimFreeHome(join(workFolder, 'bench'));
let engines: Engines | undefined;
try {
  await reapOrphans(home);
  rmSync(join(home.folder, 'logs', 'e2e'), { recursive: true, force: true }); // of the fleets of the run before
  engines = await startEngines({ purpose: 'test', home, env: process.env, signal, onPrepared: (prepared) => (engines = prepared) });
  // the fleet of a benchmark is started by the kit of the tests, which finds its engines here
  Object.assign(process.env, {
    ONSALE_TEST_MYSQL_URL: engines.mysqlUrl,
    ONSALE_TEST_REDIS_URL: engines.redisUrl,
    ONSALE_TEST_KAFKA_BROKERS: engines.kafkaBrokers,
    ONSALE_TEST_HOME: home.folder,
  });
  await benchmark(engines, options);
} catch (error) {
  console.error(error instanceof CannotGoOn || error instanceof Interrupted ? error.message : error);
  process.exitCode = 1;
} finally {
  await engines?.stop();
  await reapOrphans(home);
  home.release();
}
