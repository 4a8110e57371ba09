import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { eventually, temporaryFolders } from '@onsale/shared/testing';
import { freeBlock } from '../../ports/free-block.ts';
import { type Home, joinHome } from '../../processes/home.ts';
import { readLivePidFile } from '../../processes/pid-file.ts';
import { findBinary } from './binaries.ts';
import { nativeEngine } from './native-engine.ts';
import { nativeRedis } from './redis.ts';

type Make = (options: { home: Home; firstPort: number }) => ReturnType<typeof nativeEngine>;

/** Answers every connection with its id, as little as an engine can do. */
const standIn: Make = ({ home, firstPort }) =>
  nativeEngine({
    name: 'redis',
    home,
    firstPorts: [firstPort],
    stopDeadlineMs: 5_000,
    prepare: async () => {},
    command: ([port]) => ({
      command: process.execPath,
      args: ['-e', `require('node:net').createServer((s) => s.end('${home.instance}')).listen(${port}, '127.0.0.1')`],
      cwd: home.folder,
    }),
    askId: (port) =>
      new Promise((resolve, reject) => {
        let id = '';
        connect({ host: '127.0.0.1', port })
          .on('data', (chunk) => (id += chunk.toString()))
          .on('end', () => resolve(id))
          .on('error', reject);
      }),
    wantedId: () => home.instance,
  });

const redisServer = findBinary('redis');
const engines: { what: string; make: Make }[] = [
  { what: 'a stand-in', make: standIn },
  // where the engines of this run come from Docker or from elsewhere, there may be none
  ...(redisServer === undefined
    ? []
    : [{ what: 'Redis', make: (options) => nativeRedis({ ...options, binary: redisServer }) } satisfies { what: string; make: Make }]),
];

const folders = temporaryFolders();
afterAll(folders.remove);

const given = async () => {
  const home = joinHome(join(folders.make(), 'home'));
  const [firstPort] = (await freeBlock({ first: [25_000 + Math.floor(Math.random() * 4_000)], step: 10 })) as [number];
  return { home, firstPort, pid: () => readLivePidFile(home.pidFile('redis'), home.instance)?.pid };
};

const listen = (port: number) =>
  new Promise<Server>((resolve) => {
    const server = createServer().listen(port, '127.0.0.1', () => resolve(server));
  });

describe.each(engines)('a native engine ($what)', ({ make }) => {
  it('is adopted by the next run of its home, and by no other home', async () => {
    const { home, firstPort, pid } = await given();
    const first = make({ home, firstPort });
    await first.start();
    const started = pid();
    expect(started).toBeDefined();

    const next = make({ home, firstPort });
    await next.start();
    expect(pid()).toBe(started);
    expect(next.note()).toBe(`port ${firstPort}, was still running`);

    const stranger = make({ home: joinHome(`${home.folder}-other`), firstPort });
    await stranger.start();
    expect(stranger.port()).toBe(firstPort + 10);

    await Promise.all([next.stop(), stranger.stop()]);
    expect(pid()).toBeUndefined();
  });

  it('tells of its end when nobody asked for it', async () => {
    const { home, firstPort, pid } = await given();
    const engine = make({ home, firstPort });
    const heard: string[] = [];
    engine.onDied?.((how) => heard.push(how));
    await engine.start();
    process.kill(pid() as number, 'SIGKILL');
    await eventually(() => expect(heard).toEqual(['SIGKILL']));
    await engine.start();
    await engine.stop();
    expect(heard).toHaveLength(1);
  });

  it('comes back on its port after it was killed', async () => {
    const { home, firstPort, pid } = await given();
    const engine = make({ home, firstPort });
    await engine.start();
    const before = pid();
    await engine.kill();
    expect(pid()).toBeUndefined();
    await engine.start();
    expect(engine.port()).toBe(firstPort);
    expect(pid()).not.toBe(before);
    await engine.stop();
  });

  it('leaves a port to whoever listens there', async () => {
    const { home, firstPort } = await given();
    const other = await listen(firstPort);
    const engine = make({ home, firstPort });
    await engine.start();
    expect(engine.port()).toBe(firstPort + 10);
    await engine.stop();
    other.close();
  });
});
