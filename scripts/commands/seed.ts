// npm run seed -- members --count N --out FILE: members to put a load on a fleet with, one JSON line each.
import { readFileSync } from 'node:fs';
import { createClient } from '@onsale/contracts';
import type { JSONWebKeySet } from '@onsale/shared/auth';
import { CannotGoOn } from '../engines/engines.ts';
import { openMemberFile } from '../seed/member-file.ts';
import { parseSeedOptions, type SeedOptions } from '../seed/seed-options.ts';
import { runningFleet } from '../seed/running-fleet.ts';
import { type OnMembers, seededPassword, seedMembers } from '../seed/seed-members.ts';
import { signUpMembers } from '../seed/sign-up-members.ts';
import type { RunFile } from '../start/run-file.ts';
import { Interrupted, onInterruption } from '../terminal/interruption.ts';

const signOfLifeMs = 5_000;
const signal = onInterruption({ atOnce: () => process.exit(130) });

try {
  const options = parseSeedOptions(process.argv.slice(2));
  const seed = options.url === undefined ? intoFleet(runningFleet()) : byTheFrontDoor(options.url);
  const began = performance.now();
  const file = openMemberFile(options.out, options);
  const alive = setInterval(() => console.log(`  ${file.count()} of ${options.count} ...`), signOfLifeMs);
  try {
    await seed(options, file.add);
  } finally {
    clearInterval(alive);
    file.close();
    const seconds = (performance.now() - began) / 1_000;
    console.log(`${file.count()} members in ${options.out}: ${seconds.toFixed(1)} s, ${Math.round(file.count() / seconds)} a second`);
  }
} catch (error) {
  console.error(error instanceof CannotGoOn || error instanceof Interrupted ? error.message : error);
  process.exitCode = 1;
}
process.exit();

type Seed = (options: SeedOptions, onMembers: OnMembers) => Promise<void>;

function intoFleet({ databases, keys }: RunFile): Seed {
  const accessKeys = JSON.parse(readFileSync(keys.accessPrivate, 'utf8')) as JSONWebKeySet;
  return async ({ count, points, tokenLifeSeconds }, onMembers) => {
    await seedMembers({ databases, accessKeys, count, points, tokenLifeSeconds, onMembers, signal });
    console.log(`straight into the databases; access tokens live ${tokenLifeSeconds} s, and everybody's password is ${seededPassword}`);
  };
}

function byTheFrontDoor(url: string): Seed {
  const client = createClient({ baseUrl: url });
  return async ({ count, points }, onMembers) => {
    const { refused, expiresIn } = await signUpMembers({ client, count, points, onMembers, signal }).catch((error: unknown) => {
      if (error instanceof TypeError) throw new CannotGoOn(`${url} does not answer: ${String(error.cause)}`); // as fetch says it
      throw error;
    });
    console.log(`real sign-ups at ${url}, told ${refused} times to come back; an access token lives ${expiresIn} s from its sign-in`);
  };
}
