import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from '@onsale/shared/redis';
import { eventually, patientRedis } from '@onsale/shared/testing';
import { composeImages } from '../../scripts/engines/docker.ts';
import { docker } from '../../scripts/engines/docker/docker-cli.ts';
import { CannotGoOn } from '../../scripts/engines/engines.ts';
import { findBinary } from '../../scripts/engines/native/binaries.ts';
import { portsForTests } from '../../scripts/fleet/services.ts';
import { claimBlock } from '../../scripts/ports/claim-block.ts';
import { startDaemon } from '../../scripts/processes/daemon.ts';
import { containersOf, homeOf } from './own-engines.ts';

/** A redis-server of a spec's own, on a loopback port. */
export interface RedisNode {
  readonly port: number;
  /** Where other nodes of a cluster talk to it. */
  readonly busPort: number;
  readonly client: Redis;
  /** SIGKILL. It does not come back. */
  kill(): Promise<void>;
  /** SIGKILL, and another one with nothing in it comes up in its place. */
  again(): Promise<RedisNode>;
}

interface NodeOptions {
  /** Written into a configuration file: sentinels want one that they can write to. */
  readonly config?: string;
  readonly args?: readonly string[];
}

type Launch = (port: number, options: Required<NodeOptions>) => Promise<() => Promise<void>>;

interface Launcher {
  readonly launch: Launch;
  /** Where its nodes are to listen, so that they listen on loopback here. */
  readonly listen: readonly string[];
  /** What the nodes share goes with it. */
  stop(): Promise<void>;
}

const DOCKER_MS = 60_000;
/** In the same block of ports. */
const BUS = 50;

const processes = (binary: string, folder: string): Launcher => {
  const home = homeOf(folder);
  return {
    listen: ['--bind', '127.0.0.1'],
    launch: async (port, { config, args }) => {
      const name = `redis-${port}`;
      const cwd = join(folder, name);
      mkdirSync(cwd, { recursive: true });
      writeFileSync(join(cwd, 'redis.conf'), config);
      const daemon = await startDaemon({
        name,
        command: binary,
        args: ['redis.conf', ...args],
        cwd,
        output: { file: join(folder, `${name}.log`) },
        pidFile: home.pidFile(name),
        instance: home.instance,
        port,
      });
      return async () => void (await daemon.kill());
    },
    stop: async () => {},
  };
};

/** Containers that share the network of one which holds the ports, so that nodes find each other where clients find them. */
const containers = async (folder: string, ports: readonly number[]): Promise<Launcher> => {
  const image = (await composeImages()).find((name) => name.includes('redis'))!;
  const label = `onsale-redis-nodes=${createHash('sha256').update(containersOf(folder)).digest('hex').slice(0, 8)}`;
  const run = async (...args: string[]) =>
    (await docker(['run', '--detach', '--rm', '--label', label, ...args], { timeoutMs: DOCKER_MS })).trim();
  const remove = async (): Promise<void> => {
    const left = (await docker(['ps', '--all', '--quiet', '--filter', `label=${label}`], { timeoutMs: DOCKER_MS }))
      .split('\n')
      .filter(Boolean);
    if (left.length > 0) await docker(['rm', '--force', ...left], { timeoutMs: DOCKER_MS });
  };
  await remove(); // of a spec that was killed
  const holder = await run(...ports.flatMap((port) => ['--publish', `127.0.0.1:${port}:${port}`]), image, 'sleep', 'infinity');
  return {
    listen: ['--bind', '0.0.0.0', '--protected-mode', 'no'],
    launch: async (port, { config, args }) => {
      const start = 'printf "%s" "$CONFIG" > redis.conf && exec redis-server redis.conf "$@"';
      const name = `onsale-redis-${port}`;
      const id = await run(
        '--network',
        `container:${holder}`,
        '--name',
        name,
        '--env',
        `CONFIG=${config}`,
        image,
        'sh',
        '-c',
        start,
        'sh',
        ...args,
      );
      return async () => void (await docker(['kill', id], { timeoutMs: DOCKER_MS }));
    },
    stop: remove,
  };
};

const launcherOf = (folder: string, ports: readonly number[]): Promise<Launcher> | Launcher => {
  const binary = process.env.ONSALE_ENGINES === 'docker' ? undefined : findBinary('redis');
  return binary === undefined ? containers(folder, ports) : processes(binary, folder);
};

/** Nodes listen on loopback, keep nothing on disk and answer when `start` settles. At most `most` of them. @throws CannotGoOn when one does not start */
export const startRedisNodes = async (most: number) => {
  const folder = mkdtempSync(join(tmpdir(), 'onsale-redis-'));
  const claim = await claimBlock(portsForTests);
  const ports = Array.from({ length: most }, (_, n) => claim.first + n);
  const launcher = await launcherOf(folder, ports);
  const free = ports.values();
  const running = new Map<number, { readonly end: () => Promise<void>; readonly client: Redis }>();

  const kill = async (port: number): Promise<void> => {
    const node = running.get(port);
    running.delete(port);
    node?.client.disconnect();
    await node?.end();
  };

  const run = async (port: number, options: Required<NodeOptions>): Promise<RedisNode> => {
    const where = ['--port', String(port), '--cluster-port', String(port + BUS), ...launcher.listen];
    const own = [...where, '--maxmemory-policy', 'noeviction', '--save', ''];
    const end = await eventually(() => launcher.launch(port, { ...options, args: [...own, ...options.args] })); // the name of a dead one is free soon
    const client = patientRedis(`redis://127.0.0.1:${port}`);
    running.set(port, { end, client });
    await eventually(() => client.ping());
    const again = async (): Promise<RedisNode> => {
      await kill(port);
      return run(port, options);
    };
    return { port, busPort: port + BUS, client, kill: () => kill(port), again };
  };

  return {
    start: async ({ config = '', args = [] }: NodeOptions): Promise<RedisNode> => {
      const port = free.next().value;
      if (port === undefined) throw new CannotGoOn(`no more than ${most} nodes`);
      return run(port, { config, args });
    },
    stop: async (): Promise<void> => {
      await Promise.all([...running.keys()].map(kill));
      await launcher.stop();
      claim.release();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

export type RedisNodes = Awaited<ReturnType<typeof startRedisNodes>>;

/** @throws Error while the replica has no whole copy of its master */
export const hasCopy = async ({ client }: RedisNode): Promise<void> => {
  if (!(await client.info('replication')).includes('master_link_status:up')) throw new Error('the replica has no copy yet');
};
