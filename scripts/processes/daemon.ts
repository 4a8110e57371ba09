import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { type PidFile, removePidFile, writePidFile } from './pid-file.ts';
import { startTimeOf } from './start-time.ts';

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export function describeExit({ code, signal }: Exit): string {
  return signal ?? `exit code ${code ?? 'unknown'}`;
}

/** A process that outlives a Ctrl-C at the terminal, since it has a process group of its own: it ends when it is told to. */
export interface Daemon {
  readonly name: string;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  isRunning: () => boolean;
  signal: (signal: NodeJS.Signals) => void;
  /** SIGTERM, and SIGKILL when it still runs after `deadlineMs`. */
  stop: (options: { deadlineMs: number }) => Promise<Exit>;
  kill: () => Promise<Exit>;
}

export interface DaemonOptions {
  name: string;
  command: string;
  args: string[];
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Where its output goes: appended to a file, or line by line to a function (which ends with this process). */
  output: { file: string } | { onLine: (line: string) => void };
  pidFile: string;
  instance: string;
  port?: number;
}

/** Starts a process in a group of its own and writes its pid file, which goes away when it ends. Rejects when the command cannot be run. */
export async function startDaemon({ name, command, args, cwd, env, output, pidFile, instance, port }: DaemonOptions): Promise<Daemon> {
  const log = 'file' in output ? openLog(output.file) : 'pipe';
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', log, log] });
  if (typeof log === 'number') closeSync(log);
  const exited = new Promise<Exit>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  await once(child, 'spawn');
  const pid = child.pid as number;
  if ('onLine' in output) {
    for (const stream of [child.stdout, child.stderr]) if (stream) createInterface({ input: stream }).on('line', output.onLine);
  }
  writePidFile(pidFile, { name, pid, instance, ...(port === undefined ? {} : { port }) });
  void exited.then(() => removePidFile(pidFile));
  return daemon({ name, pid, exited, isRunning: () => child.exitCode === null && child.signalCode === null });
}

/** Takes over a process that an earlier run left behind. How it ends is not known, since it is not a child of this process. */
export function adoptDaemon(entry: PidFile, pidFile: string): Daemon {
  const isRunning = () => startTimeOf(entry.pid) === entry.startTime;
  const ended = async (): Promise<Exit> => {
    while (isRunning()) await delay(50, undefined, { ref: false });
    removePidFile(pidFile);
    return { code: null, signal: null };
  };
  return daemon({ name: entry.name, pid: entry.pid, exited: ended(), isRunning });
}

function daemon({ name, pid, exited, isRunning }: Pick<Daemon, 'name' | 'pid' | 'exited' | 'isRunning'>): Daemon {
  const signal = (signal: NodeJS.Signals) => {
    try {
      if (isRunning()) process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };
  const ended = async () => {
    const keepAwake = setInterval(() => {}, 1_000); // an adopted process is watched by timers that keep nothing awake
    try {
      return await exited;
    } finally {
      clearInterval(keepAwake);
    }
  };
  const kill = () => {
    signal('SIGKILL');
    return ended();
  };
  const stop = async ({ deadlineMs }: { deadlineMs: number }) => {
    signal('SIGTERM');
    const deadline = setTimeout(() => signal('SIGKILL'), deadlineMs);
    try {
      return await ended();
    } finally {
      clearTimeout(deadline);
    }
  };
  return { name, pid, exited, isRunning, signal, stop, kill };
}

function openLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true });
  return openSync(file, 'a');
}
