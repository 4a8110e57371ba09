// npm start [-- options]: brings the whole fleet up, stays in front, and stops on Ctrl-C all that it started. With --demo it sells a concert, or goods, meanwhile.
import { join } from 'node:path';
import { createClient } from '@onsale/contracts';
import { seatDemo } from '../demo/seat-demo.ts';
import { shopDemo } from '../demo/shop-demo.ts';
import { showDemo } from '../demo/show-demo.ts';
import { startEngines } from '../engines/start-engines.ts';
import { CannotGoOn, engineNames, type Engines } from '../engines/engines.ts';
import { createOperator } from '../development/create-operator.ts';
import { demoMember, operatorAccount } from '../development/accounts.ts';
import { makeDevelopmentData } from '../development/development-data.ts';
import { signInAs } from '../development/sign-in-as.ts';
import { checkSettings } from '../fleet/check-settings.ts';
import { migrateDatabases } from '../fleet/databases.ts';
import { type Fleet, prepareFleet } from '../fleet/start-fleet.ts';
import { developmentKeys } from '../keys/development-keys.ts';
import { workFolder } from '../paths.ts';
import { claimHome, type Home, HomeInUse, reapOrphans } from '../processes/home.ts';
import { removeRunFile, writeRunFile } from '../start/run-file.ts';
import { asksForHelp, type DemoName, parseStartOptions, type StartOptions, startUsage } from '../start/start-options.ts';
import { welcome } from '../start/welcome.ts';
import { Interrupted, onInterruption } from '../terminal/interruption.ts';
import { runSteps } from '../terminal/steps.ts';

if (asksForHelp(process.argv.slice(2))) {
  console.log(startUsage);
  process.exit();
}

const began = performance.now();
let engines: Engines | undefined;
let fleet: Fleet | undefined;
let isOpen = false;
let demoFailed = false;

const signal = onInterruption({ atOnce: () => void endAtOnce() });
signal.addEventListener('abort', () => {
  console.log('\nstopping (Ctrl-C again ends everything at once)');
  if (!isOpen) void fleet?.stop(); // what is still waiting to become ready gives up
});

try {
  const options = parseStartOptions(process.argv.slice(2));
  const home = claimHome(join(workFolder, 'dev'));
  try {
    await open(home, options);
    isOpen = true;
    const interrupted = new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
    await Promise.race([interrupted, ...(options.demo === undefined ? [] : [demo(options.demo)])]);
    await interrupted;
  } finally {
    await close();
    home.release();
  }
} catch (error) {
  process.exitCode = error instanceof Interrupted && isOpen && !demoFailed ? 0 : 1;
  if (error instanceof HomeInUse)
    console.error(`npm start already runs in this checkout (process ${error.pid}): end it there first, by Ctrl-C.`);
  else if (error instanceof CannotGoOn) console.error(error.message);
  else if (!(error instanceof Interrupted)) console.error(error);
}
process.exit(); // a connection that a library forgot must not keep the terminal

async function open(home: Home, { host, replicas }: StartOptions): Promise<void> {
  const settings = { all: ownSettings() };
  checkSettings({ settings, keys: developmentKeys(home.folder) });
  const left = await reapOrphans(home, { except: [...engineNames] });
  if (left.length > 0) console.log(`ended what an earlier run left behind: ${left.join(', ')}`);
  engines = await startEngines({ purpose: 'dev', home, env: process.env, signal, onPrepared: (prepared) => (engines = prepared) });
  if (engines.mode !== 'native') await reapOrphans(home);
  const logFolder = join(home.folder, 'logs');
  keepUp(engines);
  const operator = operatorAccount(process.env);
  const fleetOptions = {
    engines,
    home,
    host,
    replicas,
    output: { logFolder },
    restart: true,
    settings,
    onNotice: notice,
  };
  const made = await prepareFleet(fleetOptions);
  fleet = made;
  await runSteps(
    [
      { title: 'schemas and migrations', run: async () => `${await migrateDatabases(made.databases)} applied` },
      {
        title: 'services',
        run: async (say) => {
          say(made.processes.map(({ name }) => name).join(', '));
          await made.start();
          writeRunFile({ engines: engines as Engines, fleet: made });
          return made.processes.map(({ name, url }) => `${name} ${new URL(url).port}`).join(', ');
        },
      },
      {
        title: 'development data',
        run: async (say) => {
          await createOperator(operator, made.environmentOf('commerce'));
          return makeDevelopmentData({ gatewayUrl: made.gatewayUrl, operator, member: demoMember, say });
        },
      },
    ],
    { signal },
  );
  const seconds = (performance.now() - began) / 1_000;
  console.log(welcome({ fleet: made, engines, accounts: [operator, demoMember], logFolder, seconds }));
}

/** The shop stays open whatever becomes of the demo; one that failed is told by the exit code too. */
async function demo(name: DemoName): Promise<void> {
  try {
    const open = fleet as Fleet;
    const operatorToken = await signInAs(createClient({ baseUrl: open.gatewayUrl }), operatorAccount(process.env));
    const on = { fleet: open, operatorToken, signal };
    demoFailed = !(await (name === 'shop' ? showDemo({ ...on, demo: shopDemo() }) : showDemo({ ...on, demo: seatDemo() })));
  } catch (error) {
    if (signal.aborted) return;
    demoFailed = true;
    console.error('The demo broke off:', error);
  }
  console.log('The shop stays open; Ctrl-C stops everything.');
}

function notice(text: string): void {
  console.log(`${new Date().toISOString()} ${text}`);
}

/** An engine that dies is started again, as the services are. */
function keepUp({ units }: Engines): void {
  for (const unit of Object.values(units ?? {})) {
    unit.onDied?.((how) => {
      notice(`${unit.name} ended (${how}); starting it again`);
      unit.start().then(
        () => notice(`${unit.name} is back`),
        (error: Error) => notice(error.message),
      );
    });
  }
}

/** ONSALE_ settings of this shell go to the services; those that the fleet sets for each process come after and win. */
function ownSettings(): Record<string, string> {
  const launcherOwn =
    /^ONSALE_(ENGINES|OPERATOR_PASSWORD|TEST_|MYSQL_URL|REDIS_URL|KAFKA_BROKERS|PORT|OPS_PORT|HOST|MODE|NAMESPACE|.*_FILE|.*_URLS)/;
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      name.startsWith('ONSALE_') && !launcherOwn.test(name) && value !== undefined ? [[name, value]] : [],
    ),
  );
}

async function close(): Promise<void> {
  removeRunFile();
  const steps = [
    ...(fleet === undefined ? [] : [{ title: 'stop services', run: () => (fleet as Fleet).stop() }]),
    ...(engines === undefined || engines.mode === 'external' ? [] : [{ title: 'stop engines', run: () => (engines as Engines).stop() }]),
  ];
  await runSteps(steps);
}

async function endAtOnce(): Promise<void> {
  setTimeout(() => process.exit(130), 5_000);
  fleet?.kill();
  await Promise.allSettled(Object.values(engines?.units ?? {}).map((unit) => unit.kill()));
  removeRunFile();
  if (process.stdout.isTTY) process.stdout.write('\u001B[?25h'); // the live list had hidden the cursor
  process.exit(130);
}
