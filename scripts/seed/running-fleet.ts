import { readFileSync } from 'node:fs';
import { CannotGoOn } from '../engines/engines.ts';
import { type RunFile, runFilePath } from '../start/run-file.ts';

/** The fleet that `npm start` runs in this checkout. @throws CannotGoOn when there is none */
export function runningFleet(): RunFile {
  try {
    const run = JSON.parse(readFileSync(runFilePath, 'utf8')) as RunFile;
    process.kill(run.pid, 0); // a start that was killed leaves its file behind
    return run;
  } catch {
    throw new CannotGoOn('no fleet runs here: begin with `npm start` in another terminal, or name a gateway by --url');
  }
}
