import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DockerComposeEnvironment, Wait } from 'testcontainers';
import { root } from '../paths.ts';
import { freeBlock } from '../ports/free-block.ts';
import { docker } from './docker/docker-cli.ts';
import { CannotGoOn, type Engine, engineNames, type EngineName, type Engines } from './engines.ts';

const composeFile = 'docker-compose.yml';
const upMs = 180_000;
const rootPassword = 'onsale-development'; // on loopback ports alone; the file's own default

/** The images that docker-compose.yml names. */
export async function composeImages(): Promise<string[]> {
  const names = await docker(['compose', '-f', join(root, composeFile), 'config', '--images', ...engineNames], { timeoutMs: 10_000 });
  return names.split('\n').filter(Boolean);
}

export interface DockerOptions {
  /** The home's folder: its path makes the name of the compose project, so that two checkouts do not meet. */
  homeFolder: string;
  ports: Record<EngineName, number>;
  /** Volumes are thrown away with the containers. */
  shortLived: boolean;
}

/** The three engines as containers of docker-compose.yml. All of them come up with the first that is started. */
export async function dockerEngines({
  homeFolder,
  ports,
  shortLived,
}: DockerOptions): Promise<Engines & { units: Record<EngineName, Engine> }> {
  const project = `onsale-${createHash('sha256').update(homeFolder).digest('hex').slice(0, 8)}`;
  const portsFile = join(homeFolder, 'docker-ports.json');
  if (shortLived) await compose(project, {}, ['down', '--volumes', '--timeout', '0']); // of a run that was killed
  const running = (await compose(project, {}, ['ps', '--quiet'])).trim() !== '';
  const used = (running ? readPorts(portsFile) : undefined) ?? (await freePorts(ports));
  writeFileSync(portsFile, JSON.stringify(used));
  const env = {
    ONSALE_MYSQL_ROOT_PASSWORD: rootPassword,
    ONSALE_MYSQL_PORT: String(used.mysql),
    ONSALE_REDIS_PORT: String(used.redis),
    ONSALE_KAFKA_PORT: String(used.kafka),
  };
  const up = shortLived ? upByTestcontainers(project, env) : () => compose(project, env, ['up', '--detach', '--wait', ...engineNames]);
  let allUp: Promise<unknown> | undefined;
  const ended = new Set<EngineName>();
  const end = async (how: 'stop' | 'kill', name: EngineName) => {
    await compose(project, env, [how, name]);
    ended.add(name);
  };
  const unit = (name: EngineName): Engine => ({
    name,
    start: async () => {
      allUp ??= up();
      await allUp;
      if (ended.delete(name)) await compose(project, env, ['up', '--detach', '--wait', '--no-deps', '--no-recreate', name]);
    },
    stop: () => end('stop', name),
    kill: () => end('kill', name),
    pid: async () => {
      const id = (await compose(project, env, ['ps', '--quiet', name])).trim();
      return id === '' ? undefined : Number(await docker(['inspect', '--format', '{{.State.Pid}}', id], { timeoutMs: 10_000 }));
    },
    note: () => `port ${used[name]}${running ? ', was still running' : ''}`,
  });
  return {
    mode: 'docker',
    mysqlUrl: `mysql://root:${rootPassword}@127.0.0.1:${used.mysql}`,
    redisUrl: `redis://127.0.0.1:${used.redis}`,
    kafkaBrokers: `127.0.0.1:${used.kafka}`,
    units: { mysql: unit('mysql'), redis: unit('redis'), kafka: unit('kafka') },
    stop: async () => void (await compose(project, env, shortLived ? ['down', '--volumes', '--timeout', '0'] : ['down'])),
  };
}

async function compose(project: string, env: Record<string, string>, args: string[]): Promise<string> {
  try {
    return await docker(['compose', '-p', project, '-f', join(root, composeFile), ...args], { env, timeoutMs: upMs });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new CannotGoOn(`docker compose ${args.join(' ')} failed:\n${stderr?.trim() || message}`);
  }
}

/** Without its own reaper, whose image would have to be fetched too: a killed run's project is taken down by the next. */
function upByTestcontainers(project: string, environment: Record<string, string>): () => Promise<unknown> {
  return () =>
    new DockerComposeEnvironment(root, composeFile)
      .withProjectName(project)
      .withEnvironment(environment)
      .withAutoCleanup(false)
      .withDefaultWaitStrategy(Wait.forHealthCheck())
      .withStartupTimeout(upMs)
      .up([...engineNames]);
}

async function freePorts(first: Record<EngineName, number>): Promise<Record<EngineName, number>> {
  const [mysql, redis, kafka] = await Promise.all(engineNames.map((name) => freeBlock({ first: [first[name]], step: 10 })));
  return { mysql: mysql?.[0] as number, redis: redis?.[0] as number, kafka: kafka?.[0] as number };
}

function readPorts(file: string): Record<EngineName, number> | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<EngineName, number>;
  } catch {
    return undefined;
  }
}
