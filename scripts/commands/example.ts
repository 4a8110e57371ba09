// npm run example: the foreign shop of examples/ behind a waiting room of its own, without Kafka, on the engines of ONSALE_MYSQL_URL and ONSALE_REDIS_URL, else on
// engines that are started for it. Ctrl-C stops all that was started.
import { join } from 'node:path';
import { openShop } from '../../examples/foreign-shop/open-shop.ts';
import { CannotGoOn, engineNames, type Engines } from '../engines/engines.ts';
import { startEngines } from '../engines/start-engines.ts';
import { workFolder } from '../paths.ts';
import { claimHome, HomeInUse, reapOrphans } from '../processes/home.ts';
import { Interrupted, onInterruption } from '../terminal/interruption.ts';
import { runSteps } from '../terminal/steps.ts';

const signal = onInterruption({ atOnce: () => process.exit(130) });
const stops: (() => Promise<void>)[] = [];

/** MySQL and Redis; Kafka stays out. */
const enginesFor = async (home: ReturnType<typeof claimHome>): Promise<Pick<Engines, 'mysqlUrl' | 'redisUrl'>> => {
  const { ONSALE_MYSQL_URL: mysqlUrl, ONSALE_REDIS_URL: redisUrl, ...env } = process.env;
  if (mysqlUrl && redisUrl) return { mysqlUrl: mysqlUrl.replace(/\/+$/, ''), redisUrl };
  const { ONSALE_KAFKA_BROKERS: _none, ...own } = env;
  const prepared = (engines: Engines) => void stops.push(() => engines.stop());
  return startEngines({ purpose: 'dev', home, env: own, signal, only: ['mysql', 'redis'], onPrepared: prepared });
};

const tell = ({ fleet: { gatewayUrl }, shopUrl }: Awaited<ReturnType<typeof openShop>>): string => `
The waiting room: ${gatewayUrl}   the shop behind it: ${shopUrl}

  GATEWAY=${gatewayUrl}
  TOKEN=$(curl -sX POST $GATEWAY/login/ada | sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/')
  curl -X POST $GATEWAY/shop/purchases -H "authorization: Bearer $TOKEN"                       # 401: take a number first
  PLACE=$(curl -sX POST $GATEWAY/api/v1/queues/sneakers/tokens -H "authorization: Bearer $TOKEN" | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')
  curl -X POST $GATEWAY/shop/purchases -H "authorization: Bearer $TOKEN" -H "queue-token: $PLACE"   # 201

Ctrl-C stops everything that was started here.`;

const open = async (home: ReturnType<typeof claimHome>): Promise<void> => {
  const { mysqlUrl, redisUrl } = await enginesFor(home); // Kafka is none of them, and not to be asked for
  await reapOrphans(home, { except: [...engineNames] });
  await runSteps(
    [
      {
        title: 'shop, queue, gateway',
        run: async () => {
          const shop = await openShop({
            mysqlUrl,
            redisUrl,
            home,
            schemaPrefix: 'onsale_example_',
            namespace: 'example',
            output: { logFolder: join(home.folder, 'logs') },
          });
          stops.unshift(shop.stop);
          console.log(tell(shop));
        },
      },
    ],
    { signal },
  );
  await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
};

try {
  const home = claimHome(join(workFolder, 'example'));
  try {
    await open(home);
  } finally {
    for (const stop of stops) await stop();
    home.release();
  }
} catch (error) {
  process.exitCode = error instanceof Interrupted ? 0 : 1;
  if (error instanceof HomeInUse)
    console.error(`npm run example already runs in this checkout (process ${error.pid}): end it there first, by Ctrl-C.`);
  else if (error instanceof CannotGoOn) console.error(error.message);
  else if (!(error instanceof Interrupted)) console.error(error);
}
process.exit();
