import { createHmac, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A password for one purpose, the same at every start of this home and different in every other: 24 characters that need no quoting. */
export function homeSecret(homeFolder: string, purpose: string): string {
  const folder = join(homeFolder, 'keys');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const secret = createOnce(join(folder, 'secret'), () => randomBytes(32).toString('base64url'));
  return createHmac('sha256', secret).update(purpose).digest('base64url').slice(0, 24);
}

/** The text of a file, made by `make` when there is none. Two processes that come at once end with the same text. */
export function createOnce(path: string, make: () => string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    const partial = `${path}.${process.pid}`;
    writeFileSync(partial, make(), { mode: 0o600 });
    try {
      linkSync(partial, path); // unlike a rename it fails when the other one was first
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(partial, { force: true });
    }
    return readFileSync(path, 'utf8');
  }
}
