import { readFileSync } from 'node:fs';
import { CannotGoOn } from '../engines/engines.ts';
import { type RunFile, runFilePath } from '../start/run-file.ts';

/** The fleet that `npm start` runs in this checkout. @throws CannotGoOn when there is none, saying what else its command takes */
export function runningFleet({ otherwise = 'name a gateway by --url', path = runFilePath } = {}): RunFile {
  try {
    const run = JSON.parse(readFileSync(path, 'utf8')) as RunFile;
    process.kill(run.pid, 0); // a start that was killed leaves its file behind
    return run;
  } catch {
    throw new CannotGoOn(`no fleet runs here: begin with \`npm start\` in another terminal, or ${otherwise}`);
  }
}
