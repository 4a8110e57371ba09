import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { startTimeOf } from './start-time.ts';

/** What is written down of a process that was started, so that a later run knows it again and takes no stranger for it. */
export interface PidFile {
  name: string;
  pid: number;
  startTime: string;
  /** The instance id of the home (home.ts) under which it was started. */
  instance: string;
  port?: number;
}

/** Writes down a process that runs now. Does nothing when it has ended already. */
export function writePidFile(path: string, entry: Omit<PidFile, 'startTime'>): void {
  const startTime = startTimeOf(entry.pid);
  if (startTime === undefined) return;
  mkdirSync(dirname(path), { recursive: true });
  const partial = `${path}.${process.pid}`;
  writeFileSync(partial, JSON.stringify({ ...entry, startTime } satisfies PidFile));
  renameSync(partial, path);
}

/** The process that a pid file tells of, when that very process (same id, same start time, same instance) still runs. */
export function readLivePidFile(path: string, instance: string): PidFile | undefined {
  const entry = readPidFile(path);
  if (entry === undefined || entry.instance !== instance) return undefined;
  return startTimeOf(entry.pid) === entry.startTime ? entry : undefined;
}

export function removePidFile(path: string): void {
  rmSync(path, { force: true });
}

/** The paths of all pid files in a folder; none when there is no such folder. */
export function pidFilesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function readPidFile(path: string): PidFile | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as PidFile;
  } catch {
    return undefined;
  }
}
