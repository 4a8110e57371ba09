import { readFileSync, existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freeBlock } from '../../ports/free-block.ts';
import { adoptDaemon, type Daemon, describeExit, startDaemon } from '../../processes/daemon.ts';
import type { Home } from '../../processes/home.ts';
import { readLivePidFile } from '../../processes/pid-file.ts';
import { CannotGoOn, type Engine, type EngineName } from '../engines.ts';

/** What differs from one native engine to the next. */
export interface NativeEngineParts {
  name: EngineName;
  home: Home;
  /** The ports it listens on at best, the one for clients first; taken ones move on in steps of 10. */
  firstPorts: number[];
  /** How long a clean stop may take. */
  stopDeadlineMs: number;
  /** Makes the data folder when it is new, and configuration files for these ports. */
  prepare: (ports: number[]) => Promise<void>;
  command: (ports: number[]) => { command: string; args: string[]; cwd: string };
  /** The id that the engine on this port answers with, to be compared with `wantedId`; rejects while it does not answer. */
  askId: (port: number) => Promise<string>;
  wantedId: () => string;
}

const startDeadlineMs = 60_000;

/** An engine as a private child process: data, log and pid file in the home, loopback only. */
export function nativeEngine(parts: NativeEngineParts): Engine & { port(): number } {
  const { name, home } = parts;
  let ports: number[] | undefined;
  let daemon: Daemon | undefined;
  let adopted = false;
  let ending = false;
  let died = (_how: string) => {};

  const adopt = async (): Promise<boolean> => {
    const entry = readLivePidFile(home.pidFile(name), home.instance);
    if (entry?.port === undefined) return false;
    const left = adoptDaemon(entry, home.pidFile(name));
    const first = ports?.[0] ?? entry.port;
    if (entry.port === first && (await answersAsOurs(parts, left, entry.port))) {
      ports = parts.firstPorts.map((port) => port - (parts.firstPorts[0] as number) + first);
      daemon = left;
      return true;
    }
    await left.stop({ deadlineMs: parts.stopDeadlineMs }); // it is ours, and holds our data, but cannot be talked to
    return false;
  };

  const bringUp = async (): Promise<void> => {
    adopted = await adopt();
    if (adopted) return;
    const fixed = ports; // once started, it comes back on the same port: its clients know no other
    for (let tries = 1; ; tries++) {
      ports = fixed ?? (await freeBlock({ first: parts.firstPorts, step: 10 }));
      try {
        daemon = await launch(parts, ports);
        return;
      } catch (error) {
        const lostRace = error instanceof PortTaken && fixed === undefined && tries < 5;
        if (!lostRace) {
          if (fixed === undefined) ports = undefined;
          throw error;
        }
      }
    }
  };

  const follow = async (current: Daemon) => {
    const exit = await current.exited;
    if (!ending) died(describeExit(exit));
  };

  return {
    name,
    start: async () => {
      if (daemon?.isRunning()) return;
      ending = false;
      await bringUp();
      void follow(daemon as unknown as Daemon);
    },
    stop: async () => {
      ending = true;
      await daemon?.stop({ deadlineMs: parts.stopDeadlineMs });
    },
    kill: async () => {
      ending = true;
      await daemon?.kill();
    },
    pid: async () => (daemon?.isRunning() ? daemon.pid : undefined),
    onDied: (listener) => {
      died = listener;
    },
    note: () => `port ${ports?.[0]}${adopted ? ', was still running' : ''}`,
    port: () => {
      if (ports === undefined) throw new Error(`${name} has not been started`);
      return ports[0] as number;
    },
  };
}

class PortTaken extends CannotGoOn {}

async function launch(parts: NativeEngineParts, ports: number[]): Promise<Daemon> {
  const { name, home } = parts;
  const log = join(home.folder, 'logs', `${name}.log`);
  await parts.prepare(ports);
  if (existsSync(log)) renameSync(log, `${log}.1`);
  const daemon = await startDaemon({
    ...parts.command(ports),
    name,
    output: { file: log },
    pidFile: home.pidFile(name),
    instance: home.instance,
    port: ports[0],
  });
  if (await answersAsOurs(parts, daemon, ports[0] as number)) return daemon;
  await daemon.kill();
  const tail = readFileSync(log, 'utf8').trim().split('\n').slice(-15).join('\n');
  const message = `${name} did not start; the end of ${log}:\n${tail}`;
  throw /address already in use|bind on (unix|tcp\/ip)|could not create server tcp/i.test(tail)
    ? new PortTaken(message)
    : new CannotGoOn(message);
}

/** Waits until the process answers on its port with our id; false when it ends, or when the time is over. */
async function answersAsOurs({ askId, wantedId }: NativeEngineParts, daemon: Daemon, port: number): Promise<boolean> {
  const deadline = Date.now() + startDeadlineMs;
  while (daemon.isRunning() && Date.now() < deadline) {
    const id = await askId(port).catch(() => undefined);
    if (id !== undefined) return id === wantedId() && daemon.isRunning();
    await delay(100);
  }
  return false;
}
