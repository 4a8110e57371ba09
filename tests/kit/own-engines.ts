import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeImages, dockerEngines } from '../../scripts/engines/docker.ts';
import { whyNoDocker } from '../../scripts/engines/docker/docker-cli.ts';
import { engineNames, type Engine, type EngineName, type Engines } from '../../scripts/engines/engines.ts';
import { nativeEngines } from '../../scripts/engines/native.ts';
import { findBinary } from '../../scripts/engines/native/binaries.ts';
import { kafkaJarsFolder } from '../../scripts/paths.ts';
import { claimBlock } from '../../scripts/ports/claim-block.ts';
import { portsForTests } from '../../scripts/fleet/services.ts';
import { type Home, joinHome } from '../../scripts/processes/home.ts';

export type OwnEngines = Engines & {
  units: Record<EngineName, Engine>;
};

const say = (): void => {};

/** Data in a folder that goes with the engines; pid files in the home of `npm test`, which ends what a killed spec leaves behind. */
export const homeOf = (folder: string): Home => {
  const run = process.env.ONSALE_TEST_HOME;
  if (run === undefined) return joinHome(folder);
  const { instance } = joinHome(run);
  const name = randomBytes(4).toString('hex');
  return { folder, instance, pidFile: (engine) => join(run, 'pids', `own-${name}-${engine}.json`), release: () => {} };
};

/** Containers go by the name of this folder: what a killed spec leaves behind, the next of its worker takes down. */
export const containersOf = (otherwise: string): string => {
  const run = process.env.ONSALE_TEST_HOME;
  return run === undefined ? otherwise : joinHome(join(run, `own-engines-${process.env.JEST_WORKER_ID ?? '1'}`)).folder;
};

const hasBinaries = (): boolean => (['mysql', 'redis', 'java', 'maven'] as const).every((part) => findBinary(part) !== undefined);

/**
 * Engines that a spec may kill, stop and empty, with ports and data of their own, whatever the run itself uses: native ones where the programs are
 * there or can be installed, else containers.
 * @throws CannotGoOn when neither is to be had
 */
export const startOwnEngines = async (): Promise<OwnEngines> => {
  const folder = mkdtempSync(join(tmpdir(), 'onsale-engines-'));
  const claim = await claimBlock(portsForTests);
  const ports = { mysql: claim.first, redis: claim.first + 10, kafka: claim.first + 20 };
  const inDocker =
    process.env.ONSALE_ENGINES === 'docker' || (!hasBinaries() && (await whyNoDocker({ images: composeImages, say })) === undefined);
  const engines = inDocker
    ? await dockerEngines({ homeFolder: containersOf(folder), ports, shortLived: true })
    : await nativeEngines({ home: homeOf(folder), ports, jars: kafkaJarsFolder, shortLived: true, say });
  const stop = async (): Promise<void> => {
    await engines.stop();
    claim.release();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all(engineNames.map((name) => engines.units[name].start()));
  } catch (error) {
    await stop();
    throw error;
  }
  return { ...engines, stop };
};
