import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { adoptDaemon } from './daemon.ts';
import { pidFilesIn, readLivePidFile, removePidFile, writePidFile } from './pid-file.ts';

/** A folder under .onsale/ with everything one run of the fleet keeps: engines' data, keys, logs, pid files. One process owns it at a time. */
export interface Home {
  readonly folder: string;
  /** Engines are started with this id and answer with it, so that no other engine is ever taken for ours. */
  readonly instance: string;
  pidFile: (name: string) => string;
  release: () => void;
}

export class HomeInUse extends Error {
  readonly pid: number;
  constructor(folder: string, pid: number) {
    super(`${folder} is in use by process ${pid}`);
    this.name = 'HomeInUse';
    this.pid = pid;
  }
}

/** Makes this process the owner of a home. @throws HomeInUse while the process that claimed it before still runs */
export function claimHome(folder: string): Home {
  const home = joinHome(folder);
  const owner = join(folder, 'owner.json');
  const other = readLivePidFile(owner, home.instance);
  if (other !== undefined && other.pid !== process.pid) throw new HomeInUse(folder, other.pid);
  writePidFile(owner, { name: 'owner', pid: process.pid, instance: home.instance });
  return { ...home, release: () => rmSync(owner, { force: true }) };
}

/** A home that another process owns, or none: for the specs of `npm test`, which runs several at a time. */
export function joinHome(folder: string): Home {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return { folder, instance: instanceOf(folder), pidFile: (name) => join(folder, 'pids', `${name}.json`), release: () => {} };
}

/** The first of `folder`, `folder-2`, `folder-3` ... that no other running process owns. */
export function claimFreeHome(folder: string): Home {
  for (let n = 1; ; n++) {
    try {
      return claimHome(n === 1 ? folder : `${folder}-${n}`);
    } catch (error) {
      if (!(error instanceof HomeInUse)) throw error;
    }
  }
}

/**
 * Ends the processes that an earlier owner of this home left behind, SIGTERM first; those whose names are in `except` stay.
 * @returns the names of those that were ended
 */
export async function reapOrphans(home: Home, { except = [] }: { except?: string[] } = {}): Promise<string[]> {
  const reaped = pidFilesIn(join(home.folder, 'pids')).map(async (path) => {
    const entry = readLivePidFile(path, home.instance);
    if (entry === undefined) {
      removePidFile(path);
      return [];
    }
    if (except.includes(entry.name)) return [];
    await adoptDaemon(entry, path).stop({ deadlineMs: 10_000 });
    return [entry.name];
  });
  return (await Promise.all(reaped)).flat();
}

/** A copied or moved folder gets an id of its own: what its pid files tell of belongs to the folder it was copied from. */
function instanceOf(folder: string): string {
  const file = join(folder, 'instance.json');
  const path = realpathSync(folder);
  try {
    const known = JSON.parse(readFileSync(file, 'utf8')) as { instance: string; path: string };
    if (known.path === path) return known.instance;
  } catch {
    // a new home
  }
  const instance = randomUUID();
  writeFileSync(file, JSON.stringify({ instance, path }));
  return instance;
}
