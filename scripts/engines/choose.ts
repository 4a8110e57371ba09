import { CannotGoOn, type EngineMode } from './engines.ts';

export interface EngineUrls {
  mysqlUrl: string;
  redisUrl: string;
  kafkaBrokers: string;
}

const modes: readonly EngineMode[] = ['external', 'docker', 'native'];

/** What ONSALE_ENGINES asks for, if anything. @throws CannotGoOn when it is none of the modes */
export function forcedMode(env: NodeJS.ProcessEnv): EngineMode | undefined {
  const wanted = env.ONSALE_ENGINES;
  if (!wanted) return undefined;
  const mode = modes.find((mode) => mode === wanted);
  if (mode === undefined) throw new CannotGoOn(`ONSALE_ENGINES is ${wanted}; it may be ${modes.join(', ')}`);
  return mode;
}

/**
 * The engines that the environment names: all three or none. Tests look at ONSALE_TEST_MYSQL_URL and so on, never at the ones of the fleet, because they
 * make and drop databases as they like.
 * @throws CannotGoOn when only some are set
 */
export function externalUrls(env: NodeJS.ProcessEnv, prefix: 'ONSALE_' | 'ONSALE_TEST_'): EngineUrls | undefined {
  const names = ['MYSQL_URL', 'REDIS_URL', 'KAFKA_BROKERS'].map((name) => prefix + name);
  const missing = names.filter((name) => !env[name]);
  if (missing.length === names.length) return undefined;
  if (missing.length > 0) throw new CannotGoOn(`${names.join(', ')} go together, and not set are: ${missing.join(', ')}`);
  const [mysqlUrl, redisUrl, kafkaBrokers] = names.map((name) => env[name] as string) as [string, string, string];
  return { mysqlUrl: mysqlUrl.replace(/\/+$/, ''), redisUrl: redisUrl.replace(/\/+$/, ''), kafkaBrokers };
}

export interface ChoiceOptions {
  forced: EngineMode | undefined;
  external: EngineUrls | undefined;
  /** Why Docker cannot be used (no daemon, no image to be had), or undefined when it can. Asked only when it matters. */
  whyNotDocker: () => Promise<string | undefined>;
}

/**
 * external when the environment names engines, else docker when it can be used, else native; `forced` goes before all.
 * @returns the mode, with the reason why docker was passed over
 * @throws CannotGoOn when the forced mode is not to be had
 */
export async function chooseMode({ forced, external, whyNotDocker }: ChoiceOptions): Promise<{ mode: EngineMode; because?: string }> {
  if (forced === 'native') return { mode: 'native' };
  if (forced === 'external' && external === undefined)
    throw new CannotGoOn('ONSALE_ENGINES is external, and no engine is named in the environment');
  if (external !== undefined && forced !== 'docker') return { mode: 'external' };
  const because = await whyNotDocker();
  if (because === undefined) return { mode: 'docker' };
  if (forced === 'docker') throw new CannotGoOn(`ONSALE_ENGINES is docker, and ${because}`);
  return { mode: 'native', because };
}
