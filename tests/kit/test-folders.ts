import { join } from 'node:path';
import { temporaryFolders } from '@onsale/shared/testing';
import { type Home, joinHome } from '../../scripts/processes/home.ts';

/**
 * Keys, pid files and logs of one fleet: in the home of `npm test`, where logs can be read until the next run, and what a killed spec leaves behind is
 * found by its pid file; else in folders that go with the fleet.
 */
export const testFolders = (name: string): { readonly home: Home; readonly logFolder: string; readonly remove: () => void } => {
  const folders = temporaryFolders();
  const run = process.env.ONSALE_TEST_HOME;
  if (run === undefined) return { home: joinHome(folders.make()), logFolder: folders.make(), remove: folders.remove };
  return { home: joinHome(run), logFolder: join(run, 'logs', 'e2e', name), remove: folders.remove };
};
