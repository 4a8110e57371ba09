import { execFile, spawn } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
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
  // sbin is not in everyone's PATH, and that is where Debian keeps database servers
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/usr/libexec'];
  return parts[part].commands.flatMap((command) => folders.map((folder) => join(folder, command))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function install(missing: Part[], say: Say): Promise<void> {
  const canInstall = process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (!canInstall) throw new CannotGoOn(howToInstall(missing));
  const packages = missing.map((part) => parts[part].apt);
  say(`apt-get install ${packages.join(' ')}`);
  const allowServices = denyServices();
  try {
    await aptGet(['update']);
    await aptGet(['install', '-y', '--no-install-recommends', ...packages]);
  } finally {
    allowServices();
  }
}

/** Debian starts a server when its package is installed, unless this file says no: nothing but our own private instances may run. */
function denyServices(): () => void {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return () => {};
  writeFileSync(policy, '#!/bin/sh\n# written by Onsale while it installs packages, and removed after\nexit 101\n', { mode: 0o755 });
  const remove = () => rmSync(policy, { force: true });
  process.once('exit', remove);
  return () => {
    process.off('exit', remove);
    remove();
  };
}

function aptGet(args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const child = spawn('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-2_000)));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new CannotGoOn(`apt-get ${args.join(' ')} failed (exit ${code}):\n${output.trim()}`));
    });
  });
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
