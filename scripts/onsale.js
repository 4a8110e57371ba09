// The way in to every command: `node scripts/onsale.js <command> [arguments]`. Plain JavaScript without dependencies, because it has to run on
// whatever Node is there (20 or newer), before anything is installed. It installs the packages when they are missing or old, looks for a Node
// that runs TypeScript as it is, and goes on there with scripts/commands/<command>.ts.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const leastNode = 24;
// jest needs the one, and kafkajs arms timers with the other
const quiet = ['--disable-warning=ExperimentalWarning', '--disable-warning=TimeoutNegativeWarning'];

const [command, ...args] = process.argv.slice(2);
const file = join(root, 'scripts', 'commands', `${command}.ts`);
if (!command || !/^[a-z-]+$/.test(command) || !existsSync(file)) {
  const commands = readdirSync(join(root, 'scripts', 'commands'))
    .filter((name) => /^[a-z-]+\.ts$/.test(name))
    .map((name) => name.slice(0, -3));
  fail(`usage: node scripts/onsale.js <command> [arguments]\ncommands: ${commands.join(', ')}`, 2);
}
installPackages();
goOn(findNode());

/** Runs `npm ci` unless node_modules was made from this very package-lock.json, or by hand after it was last written. */
function installPackages() {
  const lock = join(root, 'package-lock.json');
  const stamp = join(root, 'node_modules', '.onsale-install');
  const wanted = createHash('sha256').update(readFileSync(lock)).digest('hex');
  if (isInstalled(lock, stamp, wanted)) return;
  const unlock = lockInstall();
  try {
    if (isInstalled(lock, stamp, wanted)) return;
    console.log('installing packages (npm ci) ...');
    const began = Date.now();
    const { status, signal, error } = npmCi();
    if (error || status !== 0) fail(`npm ci failed: ${error?.message ?? signal ?? `exit ${status}`}`);
    writeFileSync(stamp, wanted);
    console.log(`✔ packages (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  } finally {
    unlock();
  }
}

function isInstalled(lock, stamp, wanted) {
  const made = join(root, 'node_modules', '.package-lock.json'); // npm writes it last
  if (!existsSync(made)) return false;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return true;
  return statSync(made).mtimeMs >= statSync(lock).mtimeMs;
}

/** Two commands in a fresh clone at once must not install over each other: the second waits for the first. */
function lockInstall() {
  const path = join(root, '.onsale', 'install.pid');
  mkdirSync(dirname(path), { recursive: true });
  for (let told = false; ; told = true) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const { holder, ageMs } = lockHolder(path);
    if ((holder > 0 && !isAlive(holder)) || ageMs > 600_000) rmSync(path, { force: true });
    else if (!told) console.log(`waiting for the packages that process ${holder || '?'} installs ...`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  }
}

function lockHolder(path) {
  try {
    return { holder: Number(readFileSync(path, 'utf8')), ageMs: Date.now() - statSync(path).mtimeMs };
  } catch {
    return { holder: 0, ageMs: 0 }; // just given back
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** By the npm that started us, which is not always the one in PATH. */
function npmCi() {
  const options = { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] };
  const ci = ['ci', '--loglevel=error']; // without the warnings about packages that want the newer Node, which is on its way
  const npm = process.env.npm_execpath;
  if (npm?.endsWith('npm-cli.js')) return spawnSync(process.execPath, [npm, ...ci], options);
  return spawnSync('npm', ci, options);
}

/** This Node, or the one that the packages brought (an optional dependency, on Linux alone). */
function findNode() {
  if (Number(process.versions.node.split('.')[0]) >= leastNode) return process.execPath;
  const brought = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  if (existsSync(brought) && spawnSync(brought, ['--version']).status === 0) return brought; // it does not run where libc is not glibc
  return fail(
    `Onsale needs Node ${leastNode} or newer, and this is ${process.version}.\n` +
      `Install it, then run the same command again: https://nodejs.org/en/download, or \`nvm install ${leastNode}\`, or \`brew install node@${leastNode}\`.`,
  );
}

/**
 * Runs the command in a process group of its own and passes signals on to that group, each once: a Ctrl-C reaches this process from the
 * terminal and again from npm, and the command takes a second one for "at once". The open channel tells the command when this process is gone.
 */
function goOn(node) {
  preemptNobody();
  const child = spawn(node, [...quiet, file, ...args], {
    cwd: root,
    detached: true,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  let last = { signal: '', at: 0 };
  const passOn = (signal) => {
    const now = Date.now();
    const again = last.signal === signal && now - last.at < 250;
    last = { signal, at: now };
    if (again) return;
    try {
      if (child.pid) process.kill(-child.pid, signal);
    } catch {
      // it has just ended, and its exit is on the way
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => passOn(signal));
  if (process.env.npm_lifecycle_event) onParentGone(() => passOn('SIGTERM'));
  child.on('error', (error) => fail(`cannot run ${node}: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

/**
 * Has Linux take this process, and with it all that it starts, for batch work (sched(7)): whoever wakes waits for its turn instead of taking the
 * core from whoever runs. A fleet with its engines is a dozen processes that wake each other hundreds of times a purchase; on two cores they sell
 * half as much again when each of them is let finish. Where there is no `chrt`, nothing is changed.
 */
function preemptNobody() {
  if (process.platform === 'linux') spawnSync('chrt', ['--batch', '--pid', '0', String(process.pid)], { stdio: 'ignore' });
}

/** An npm that is killed tells nobody. (Without npm the parent is a shell, which may well be closed while this runs on.) */
function onParentGone(then) {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    then();
  }, 500);
}

function fail(message, code = 1) {
  console.error(message);
  process.exit(code);
}
