import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporaryFolders {
  /** A new, empty folder. */
  readonly make: () => string;
  /** Removes all that `make` gave, with what is in them: `afterAll(folders.remove)`. */
  readonly remove: () => void;
}

/** Folders for a spec's files, which do not outlive it. */
export const temporaryFolders = (): TemporaryFolders => {
  const made: string[] = [];
  return {
    make: () => {
      const folder = mkdtempSync(join(tmpdir(), 'onsale-spec-'));
      made.push(folder);
      return folder;
    },
    remove: () => {
      for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
    },
  };
};
