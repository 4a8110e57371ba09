import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import type { Home } from '../../processes/home.ts';
import type { Say } from '../engines.ts';
import { kafkaJars } from './kafka-jars.ts';
import { nativeEngine } from './native-engine.ts';

const run = promisify(execFile);

export interface NativeKafkaOptions {
  home: Home;
  java: string;
  maven: string;
  /** Where the jars are, for all homes of a checkout. */
  jars: string;
  /** The clients' port; the controller's is the next one. */
  firstPort: number;
  say: Say;
}

/** A private Apache Kafka: one process that is broker and controller (KRaft). */
export function nativeKafka({ home, java, maven, jars, firstPort, say }: NativeKafkaOptions) {
  const folder = join(home.folder, 'kafka');
  const properties = join(folder, 'server.properties');
  return nativeEngine({
    name: 'kafka',
    home,
    firstPorts: [firstPort, firstPort + 1],
    stopDeadlineMs: 20_000,
    prepare: async (ports) => {
      mkdirSync(folder, { recursive: true });
      await kafkaJars({ folder: jars, maven, say });
      if (!existsSync(join(folder, 'data'))) await format({ folder, java, jars });
      writeFileSync(properties, serverProperties({ ports, data: join(folder, 'data') }));
    },
    command: () => ({
      command: java,
      cwd: folder,
      args: [
        '-Xms256m',
        '-Xmx512m',
        '-XX:+UseSerialGC',
        '-XX:TieredStopAtLevel=1', // it lives for minutes: the optimising compiler would take half of its processor time, and give it back too late
        '-Dorg.apache.logging.log4j.level=WARN',
        '-cp',
        join(jars, '*'),
        'kafka.Kafka',
        properties,
      ],
    }),
    askId: askClusterId,
    wantedId: () => clusterIdOf(join(folder, 'data')),
  });
}

/** The data folder gets its name when all is done, and an id of 16 random bytes by which this very broker is known again. */
async function format({ folder, java, jars }: { folder: string; java: string; jars: string }): Promise<void> {
  const fresh = join(folder, 'data.new');
  const properties = join(folder, 'format.properties');
  rmSync(fresh, { recursive: true, force: true });
  writeFileSync(properties, serverProperties({ ports: [1, 2], data: fresh }));
  const id = randomBytes(16).toString('base64url').replace(/^-/, 'A'); // Kafka refuses an id that begins like an option
  const classpath = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', join(jars, '*')];
  await run(java, [...classpath, 'kafka.tools.StorageTool', 'format', '-t', id, '-c', properties]);
  renameSync(fresh, join(folder, 'data'));
}

function serverProperties({ ports: [port, controllerPort], data }: { ports: number[]; data: string }): string {
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': data,
    'log.retention.hours': '168',
    'auto.create.topics.enable': 'false', // a misspelt topic is an error, not a new topic
    'group.initial.rebalance.delay.ms': '0',
    'offsets.topic.num.partitions': '4',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.num.partitions': '4',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
  })
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

function clusterIdOf(data: string): string {
  return /^cluster\.id=(.+)$/m.exec(readFileSync(join(data, 'meta.properties'), 'utf8'))?.[1]?.trim() ?? '';
}

async function askClusterId(port: number): Promise<string> {
  const options = { clientId: 'onsale-launcher', brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING };
  const admin = new Kafka({ ...options, connectionTimeout: 1_000, requestTimeout: 2_000, retry: { retries: 0 } }).admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).clusterId;
  } finally {
    await admin.disconnect();
  }
}
