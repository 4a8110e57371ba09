import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { canAptInstall, aptInstall } from '../../programs/apt-get.ts';
import { findProgram } from '../../programs/find-program.ts';
import { CannotGoOn, type Say } from '../engines.ts';

const run = promisify(execFile);

/** What the native engines are made of: any one of the commands will do. */
const parts = {
  mysql: { commands: ['mariadbd', 'mysqld'], apt: 'mariadb-server', brew: 'mariadb' },
  redis: { commands: ['redis-server'], apt: 'redis-server', brew: 'redis' },
  java: { commands: ['java'], apt: 'default-jre-headless', brew: 'openjdk' },
  maven: { commands: ['mvn'], apt: 'maven', brew: 'maven' },
} as const;
type Part = keyof typeof parts;
export type Binaries = Record<Part, string>;

/** Kafka 4 does not start on an older one. */
const leastJava = 17;

/**
 * The full paths of the programs that the native engines need. What is missing is installed with apt-get where this is root on Debian or Ubuntu.
 * @throws CannotGoOn naming what to install, or Docker as the other way on
 */
export async function findBinaries({ say }: { say: Say }): Promise<Binaries> {
  const missing = (Object.keys(parts) as Part[]).filter((part) => findBinary(part) === undefined);
  if (missing.length > 0) await install(missing, say);
  const found = Object.fromEntries((Object.keys(parts) as Part[]).map((part) => [part, findBinary(part)])) as Record<
    Part,
    string | undefined
  >;
  const still = (Object.keys(parts) as Part[]).filter((part) => found[part] === undefined);
  if (still.length > 0) throw new CannotGoOn(howToInstall(still));
  await assertJava(found.java as string);
  return found as Binaries;
}

/** The full path of the program for one part, if it is installed. */
export function findBinary(part: Part): string | undefined {
  return findProgram(parts[part].commands);
}

async function install(missing: Part[], say: Say): Promise<void> {
  if (!canAptInstall()) throw new CannotGoOn(howToInstall(missing));
  await aptInstall(
    missing.map((part) => parts[part].apt),
    say,
  );
}

async function assertJava(java: string): Promise<void> {
  const { stderr, stdout } = await run(java, ['-version']).catch((error: Error) => {
    throw new CannotGoOn(`${java} does not run (${error.message.split('\n')[0]}); ${howToInstall(['java'])}`);
  });
  const version = /version "(?:1\.)?(\d+)/.exec(stderr + stdout)?.[1];
  if (version !== undefined && Number(version) < leastJava) {
    throw new CannotGoOn(`${java} is Java ${version}, and Kafka 4 needs Java ${leastJava} or newer.`);
  }
}

function howToInstall(missing: Part[]): string {
  const names = missing.map((part) => parts[part].commands.join(' or ')).join(', ');
  const [command, packages] =
    process.platform === 'darwin'
      ? ['brew install', missing.map((part) => parts[part].brew)]
      : ['sudo apt-get install', missing.map((part) => parts[part].apt)];
  return (
    `Not found: ${names}. Two ways on:\n` +
    `  1. start Docker, and run the same command again, or\n` +
    `  2. install them (${command} ${packages.join(' ')}; on Windows inside WSL2), and run the same command again.`
  );
}
