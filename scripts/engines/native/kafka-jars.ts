import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { CannotGoOn, type Say } from '../engines.ts';

const run = promisify(execFile);
const pom = join(import.meta.dirname, '..', 'kafka', 'pom.xml');

/**
 * The folder with Kafka's jars, fetched by Maven the first time and whenever pom.xml changes. Made under another name and renamed when complete, so that two
 * commands at once, and one that was interrupted, leave either nothing or all.
 */
export async function kafkaJars({ folder, maven, say }: { folder: string; maven: string; say: Say }): Promise<string> {
  const wanted = createHash('sha256').update(readFileSync(pom)).digest('hex');
  const stamp = join(folder, 'pom.sha256');
  const isThere = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
  if (isThere()) return folder;
  say('fetching Apache Kafka with Maven');
  const partial = `${folder}.${process.pid}`;
  mkdirSync(dirname(folder), { recursive: true });
  await run(maven, ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${partial}`], { timeout: 600_000 }).catch(
    (error: Error & { stdout?: string }) => {
      rmSync(partial, { recursive: true, force: true });
      throw new CannotGoOn(
        `Maven could not fetch Apache Kafka:\n${error.stdout?.trim().split('\n').slice(0, 5).join('\n') || error.message}`,
      );
    },
  );
  writeFileSync(join(partial, 'pom.sha256'), wanted);
  if (!isThere()) {
    rmSync(folder, { recursive: true, force: true });
    renameSync(partial, folder);
  } else {
    rmSync(partial, { recursive: true, force: true });
  }
  return folder;
}
