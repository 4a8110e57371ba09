import { readFileSync } from 'node:fs';
import { CannotGoOn, type Say } from '../engines/engines.ts';
import { aptInstall, canAptInstall } from './apt-get.ts';
import { findProgram } from './find-program.ts';

/** Whichever there is: specs use what all of them can. */
const commands = [
  'chromium',
  'google-chrome',
  'google-chrome-stable',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const howToInstall =
  'Not found: chromium, which specs of the pages need. Install Chromium or Google Chrome (brew install --cask chromium; on Debian sudo apt-get install ' +
  'chromium), or name one by ONSALE_TEST_BROWSER, and run the same command again.';

/** The full path of a browser of Chromium's kind: the one that `ONSALE_TEST_BROWSER` names, else one that is installed. @throws CannotGoOn naming what to install */
export function findBrowser(env: NodeJS.ProcessEnv): string {
  const named = env.ONSALE_TEST_BROWSER;
  const found = findProgram(named === undefined ? commands : [named]);
  if (found !== undefined) return found;
  throw new CannotGoOn(named === undefined ? howToInstall : `ONSALE_TEST_BROWSER names ${named}, which is no program`);
}

/** The same, after it has been installed with apt-get where this is root on Debian. */
export async function installBrowser({ env, say }: { env: NodeJS.ProcessEnv; say: Say }): Promise<string> {
  try {
    return findBrowser(env);
  } catch (error) {
    if (env.ONSALE_TEST_BROWSER !== undefined || !canAptInstall() || hasOnlySnap()) throw error;
    await aptInstall(['chromium'], say);
    return findBrowser(env);
  }
}

/** Ubuntu's package is a door to a snap, which needs a running snapd. */
function hasOnlySnap(): boolean {
  try {
    return /^ID=ubuntu$/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}
