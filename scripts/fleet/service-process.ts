import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CannotGoOn } from '../engines/engines.ts';
import { root } from '../paths.ts';
import { type Daemon, describeExit, type Exit, startDaemon } from '../processes/daemon.ts';
import type { Home } from '../processes/home.ts';
import type { Settings } from './environment.ts';
import type { Place, ServiceName } from './services.ts';

export interface ServiceProcess {
  readonly service: ServiceName;
  readonly name: string;
  readonly url: string;
  readonly opsUrl: string;
  /** Of the process that runs now, or ran last. */
  pid: () => number;
  isRunning: () => boolean;
  /** How each process of this place has ended, oldest first. */
  exits: () => readonly Exit[];
  /** Starts it (again) on its port, and waits until it is ready. `settings` are for this start alone. */
  start: (settings?: Settings) => Promise<void>;
  /** Sends a signal, SIGKILL unless it says otherwise, and does not wait for what comes of it: `exited` does. */
  kill: (signal?: NodeJS.Signals) => void;
  /** How the process that runs now ends. */
  exited: () => Promise<Exit>;
  /** SIGTERM, SIGKILL after the deadline. It is not started again. */
  stop: () => Promise<Exit | undefined>;
}

export interface ServiceProcessOptions {
  place: Place;
  /** What Node runs, from the checkout's folder. */
  script: string;
  /** The whole environment of the process; what it listens on is read from it. */
  environment: Settings;
  home: Home;
  namespace: string;
  output: { logFolder: string } | { onLine: (line: string, name: string) => void };
  /** Whether one that ended without being told to is started again. */
  restart: boolean;
  onNotice: (text: string) => void;
}

/** A member of a Kafka group that was killed is missed for up to 30 s, and its successor is not ready before. */
const readyMs = 60_000;
/** Beyond its own deadline (5 s for requests, 10 s for parts), at which it ends with exit code 1. */
const stopMs = 17_000;
const firstBackoffMs = 500;
const longestBackoffMs = 10_000;
/** One that ran this long begins again with the shortest wait. */
const healthyMs = 30_000;

/** One place of the fleet and the processes that fill it, one after another. */
export function serviceProcess(options: ServiceProcessOptions): ServiceProcess {
  const { place, onNotice } = options;
  const host = reachableAt(options.environment.ONSALE_HOST);
  const opsUrl = `http://${host}:${place.opsPort}`;
  const exits: Exit[] = [];
  let daemon: Daemon | undefined;
  let wanted = false;
  let stopped = false;

  const launch = async (settings: Settings = {}) => {
    const started = await spawnService(options, settings);
    daemon = started.daemon;
    if (stopped) daemon.signal('SIGKILL'); // told to stop between two processes
    void daemon.exited.then((exit) => exits.push(exit));
    await untilReady({ name: place.name, opsUrl, ...started });
    return started;
  };

  const supervise = async () => {
    let failures = 0;
    for (;;) {
      const began = Date.now();
      const exit = await (daemon as Daemon).exited;
      if (!wanted) return;
      failures = Date.now() - began > healthyMs ? 0 : failures;
      const waitMs = Math.min(longestBackoffMs, firstBackoffMs * 2 ** failures++);
      onNotice(`${place.name} ended (${describeExit(exit)}); starting it again in ${waitMs / 1_000} s${whereLogged(options)}`);
      await delay(waitMs, undefined, { ref: false });
      if (!wanted) return;
      await launch().then(
        () => onNotice(`${place.name} is back (pid ${daemon?.pid})`),
        () => daemon?.kill(), // the loop says that it ended
      );
    }
  };

  return {
    service: place.service,
    name: place.name,
    url: `http://${host}:${place.port}`,
    opsUrl,
    pid: () => daemon?.pid ?? 0,
    isRunning: () => daemon?.isRunning() ?? false,
    exits: () => exits,
    start: async (settings) => {
      if (daemon?.isRunning()) return;
      stopped = false;
      await launch(settings);
      wanted = true;
      if (options.restart) void supervise();
    },
    kill: (signal = 'SIGKILL') => daemon?.signal(signal),
    exited: async () => (daemon === undefined ? { code: null, signal: null } : daemon.exited),
    stop: async () => {
      wanted = false;
      stopped = true;
      return daemon?.stop({ deadlineMs: stopMs });
    },
  };
}

async function spawnService({ place, script, environment, home, namespace, output }: ServiceProcessOptions, settings: Settings) {
  const lines: string[] = [];
  const remember = (line: string) => {
    lines.push(line);
    if (lines.length > 30) lines.shift();
  };
  const log = 'logFolder' in output ? freshLog(output.logFolder, place.name) : undefined;
  const daemon = await startDaemon({
    name: place.name,
    command: process.execPath,
    args: [script],
    cwd: root,
    env: { ...environment, ...settings },
    output: log !== undefined ? { file: log } : { onLine: lineTo(output, place.name, remember) },
    pidFile: home.pidFile(`${namespace}-${place.name}`),
    instance: home.instance,
    port: place.port,
  });
  const tail = () => (log === undefined ? lines : readFileSync(log, 'utf8').trim().split('\n')).slice(-20).join('\n');
  return { daemon, tail };
}

function lineTo(output: ServiceProcessOptions['output'], name: string, remember: (line: string) => void): (line: string) => void {
  return (line) => {
    remember(line);
    if ('onLine' in output) output.onLine(line, name);
  };
}

/** The log of the run before is kept under another name. */
function freshLog(folder: string, name: string): string {
  const path = join(folder, `${name}.log`);
  mkdirSync(dirname(path), { recursive: true });
  if (existsSync(path)) renameSync(path, `${path}.1`);
  return path;
}

function whereLogged({ output, place }: ServiceProcessOptions): string {
  return 'logFolder' in output ? `; ${join(output.logFolder, `${place.name}.log`)}` : '';
}

/** The host of a URL by which this machine reaches a server that listens on this address. */
function reachableAt(address = '127.0.0.1'): string {
  if (address === '0.0.0.0' || address === '::') return '127.0.0.1';
  return address.includes(':') ? `[${address}]` : address;
}

async function untilReady({
  name,
  opsUrl,
  daemon,
  tail,
}: {
  name: string;
  opsUrl: string;
  daemon: Daemon;
  tail: () => string;
}): Promise<void> {
  const deadline = Date.now() + readyMs;
  let answer = 'no answer';
  while (daemon.isRunning() && Date.now() < deadline) {
    try {
      const response = await fetch(`${opsUrl}/readyz`, { signal: AbortSignal.timeout(2_500) });
      answer = `${response.status} ${await response.text()}`;
      if (response.ok) return;
    } catch {
      // not listening yet
    }
    await delay(100);
  }
  const why = daemon.isRunning() ? `is not ready after ${readyMs / 1_000} s (${answer})` : `ended (${describeExit(await daemon.exited)})`;
  if (daemon.isRunning()) await daemon.kill();
  throw new CannotGoOn(`${name} ${why}; the end of its log:\n${tail()}`);
}
