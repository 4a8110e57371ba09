// npm test [-- [--replicas N] <jest's arguments>]: the static checks, then every spec on engines of its own; with arguments only the specs that they
// name. `--replicas N` runs N processes of every service in the fleets of e2e specs. A run of everything plays some of the crashes, drawn by its seed;
// one that names specs (`npm test -- tests/chaos/crash`) plays all of theirs.
import { randomInt } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { runChecks } from '../checks/run-checks.ts';
import { CannotGoOn, type Engines } from '../engines/engines.ts';
import { startEngines } from '../engines/start-engines.ts';
import { workFolder } from '../paths.ts';
import { claimFreeHome, reapOrphans } from '../processes/home.ts';
import { Interrupted, onInterruption } from '../terminal/interruption.ts';
import { installBrowser } from '../programs/browser.ts';
import { runSteps } from '../terminal/steps.ts';
import { listSpecs, needBrowser, needEngines } from '../test/list-specs.ts';
import { runJest } from '../test/run-jest.ts';
import { parseTestOptions } from '../test/test-options.ts';
import { testSeed } from '../test/test-seed.ts';

const seed = testSeed(process.env.ONSALE_TEST_SEED, () => randomInt(2 ** 31));
const total = { passed: 0, failed: 0 };
const signal = onInterruption({ atOnce: () => process.exit(130) }); // what is left running is ended by the next run

const count = ({ passed, failed }: { passed: number; failed: number }) => {
  total.passed += passed;
  total.failed += failed;
};

const home = claimFreeHome(join(workFolder, 'test'));
let engines: Engines | undefined;
try {
  const { replicas, jest: jestArguments } = parseTestOptions(process.argv.slice(2));
  console.log(`seed ${seed} (ONSALE_TEST_SEED=${seed} npm test repeats the order)`);
  const reaped = await reapOrphans(home);
  if (reaped.length > 0) console.log(`ended what an earlier run left behind: ${reaped.join(', ')}`);
  rmSync(join(home.folder, 'logs', 'e2e'), { recursive: true, force: true }); // of the fleets of the run before
  if (jestArguments.length === 0) count(await runChecks());
  else console.log('- static checks are left out when specs are named (npm run check)');
  const specs = await listSpecs(jestArguments);
  signal.throwIfAborted();
  const env = needEngines(specs) ? await engineVariables() : {};
  if (needBrowser(specs)) await haveBrowser();
  count(
    await runJest({
      seed,
      args: jestArguments,
      resultFile: join(home.folder, 'jest.json'),
      env: {
        ...env,
        ONSALE_TEST_HOME: home.folder,
        ONSALE_TEST_REPLICAS: String(replicas),
        ONSALE_TEST_CRASHES: jestArguments.length === 0 ? 'share' : 'all',
      },
      signal,
    }),
  );
} catch (error) {
  total.failed += 1;
  if (error instanceof CannotGoOn || error instanceof Interrupted) console.error(error.message);
  else console.error(error);
} finally {
  await engines?.stop();
  await reapOrphans(home); // services of an e2e spec that did not end by itself
  home.release();
}
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exit(signal.aborted ? 130 : total.failed === 0 ? 0 : 1);

async function engineVariables(): Promise<Record<string, string>> {
  const { mysqlUrl, redisUrl, kafkaBrokers } = await startEngines({
    purpose: 'test',
    home,
    env: process.env,
    signal,
    onPrepared: (prepared) => (engines = prepared),
  });
  return { ONSALE_TEST_MYSQL_URL: mysqlUrl, ONSALE_TEST_REDIS_URL: redisUrl, ONSALE_TEST_KAFKA_BROKERS: kafkaBrokers };
}

/** Without one the specs of the pages fail, and say so; the others can run all the same. */
async function haveBrowser(): Promise<void> {
  try {
    await runSteps([{ title: 'browser', run: (say) => installBrowser({ env: process.env, say }) }], { signal });
  } catch (error) {
    if (!(error instanceof CannotGoOn)) throw error;
    console.error(error.message);
  }
}
