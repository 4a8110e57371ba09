import type { Home } from '../processes/home.ts';
import { kafkaJarsFolder } from '../paths.ts';
import { runSteps } from '../terminal/steps.ts';
import { chooseMode, externalUrls, forcedMode } from './choose.ts';
import { engineNames, type EngineName, type Engines, type Say } from './engines.ts';
import { composeImages, dockerEngines } from './docker.ts';
import { whyNoDocker } from './docker/docker-cli.ts';
import { externalEngines } from './external.ts';
import { nativeEngines } from './native.ts';

export interface StartEnginesOptions {
  /** `dev` keeps its data from one start to the next; `test` has ports of its own and throws its data away. */
  purpose: 'dev' | 'test';
  home: Home;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  /** Which are started; all when left out. */
  only?: readonly EngineName[];
  /** Called before anything is started, so that the caller can stop what was started when a later part of it fails. */
  onPrepared: (engines: Engines) => void;
}

/** First ports; a block that is taken moves on in steps of 10. Below 32768, where the system takes ports for outgoing connections. */
const firstPorts: Record<'dev' | 'test', Record<EngineName, number>> = {
  dev: { mysql: 13306, redis: 16379, kafka: 19092 },
  test: { mysql: 14306, redis: 17379, kafka: 20092 },
};

/** Chooses where the engines come from, starts them side by side and prints a step for each. @throws CannotGoOn with what the person in front can do */
export async function startEngines({ purpose, home, env, signal, only = engineNames, onPrepared }: StartEnginesOptions): Promise<Engines> {
  const prepared: Engines[] = [];
  const prepare = async (say: Say): Promise<string> => {
    const external = externalUrls(env, purpose === 'dev' ? 'ONSALE_' : 'ONSALE_TEST_');
    const { mode, because } = await chooseMode({
      forced: forcedMode(env),
      external,
      whyNotDocker: () => whyNoDocker({ images: composeImages, say }),
    });
    const options = { ports: firstPorts[purpose], shortLived: purpose === 'test' };
    if (mode === 'external' && external !== undefined) prepared.push(await externalEngines(external));
    else if (mode === 'docker') prepared.push(await dockerEngines({ homeFolder: home.folder, ...options }));
    else prepared.push(await nativeEngines({ home, jars: kafkaJarsFolder, say, ...options }));
    return because === undefined ? mode : `${mode}, since ${because}`;
  };
  await runSteps([{ title: 'engines', run: prepare }], { signal });
  const [engines] = prepared as [Engines];
  onPrepared(engines);
  const { units } = engines;
  if (units !== undefined) {
    const steps = only.map((name) => ({
      title: name,
      run: async () => {
        await units[name].start();
        return units[name].note();
      },
    }));
    await runSteps(steps, { together: true, signal });
  }
  return engines;
}
