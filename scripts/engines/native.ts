import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from '../processes/home.ts';
import type { Engine, EngineName, Engines, Say } from './engines.ts';
import { findBinaries } from './native/binaries.ts';
import { nativeKafka } from './native/kafka.ts';
import { nativeMysql } from './native/mysql.ts';
import { nativeRedis } from './native/redis.ts';

export interface NativeOptions {
  home: Home;
  /** Where each engine listens at best; taken ports move on. */
  ports: Record<EngineName, number>;
  /** The folder of Kafka's jars. */
  jars: string;
  /** The data is thrown away when the engines stop, and they are not asked to tidy up first. */
  shortLived: boolean;
  say: Say;
}

/** Prepares the three engines as private child processes; `units` are started by the caller, side by side. @throws CannotGoOn when a program is missing */
export async function nativeEngines({
  home,
  ports,
  jars,
  shortLived,
  say,
}: NativeOptions): Promise<Engines & { units: Record<EngineName, Engine> }> {
  const binaries = await findBinaries({ say });
  const mysql = nativeMysql({ home, binary: binaries.mysql, firstPort: ports.mysql });
  const redis = nativeRedis({ home, binary: binaries.redis, firstPort: ports.redis });
  const kafka = nativeKafka({ home, ...binaries, jars, firstPort: ports.kafka, say });
  const units = { mysql, redis, kafka };
  const throwAway = () => {
    for (const folder of Object.keys(units)) rmSync(join(home.folder, folder), { recursive: true, force: true });
  };
  if (shortLived) throwAway(); // of a run that was killed
  return {
    mode: 'native',
    get mysqlUrl() {
      return mysql.url();
    },
    get redisUrl() {
      return `redis://127.0.0.1:${redis.port()}`;
    },
    get kafkaBrokers() {
      return `127.0.0.1:${kafka.port()}`;
    },
    units,
    stop: async () => {
      await Promise.all(Object.values(units).map((unit) => (shortLived ? unit.kill() : unit.stop())));
      if (shortLived) throwAway();
    },
  };
}
