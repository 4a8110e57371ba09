import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engines } from '../engines/engines.ts';
import type { Fleet } from '../fleet/start-fleet.ts';
import { type ServiceName, serviceNames } from '../fleet/services.ts';
import { workFolder } from '../paths.ts';

/** What other commands need to find the fleet that `npm start` runs here. It holds passwords: its owner alone may read it. */
export interface RunFile {
  pid: number;
  namespace: string;
  gatewayUrl: string;
  services: Record<ServiceName, { url: string; opsUrl: string }[]>;
  engines: { mode: Engines['mode']; mysqlUrl: string; redisUrl: string; kafkaBrokers: string };
  databases: Fleet['databases'];
  keys: Fleet['keys'];
}

export const runFilePath = join(workFolder, 'run.json');

export function writeRunFile({ engines, fleet }: { engines: Engines; fleet: Fleet }): void {
  const { mode, mysqlUrl, kafkaBrokers } = engines;
  const run: RunFile = {
    pid: process.pid,
    namespace: fleet.namespace,
    gatewayUrl: fleet.gatewayUrl,
    services: Object.fromEntries(
      serviceNames.map((service) => [service, fleet.processesOf(service).map(({ url, opsUrl }) => ({ url, opsUrl }))]),
    ) as RunFile['services'],
    engines: { mode, mysqlUrl, redisUrl: fleet.redisUrl, kafkaBrokers },
    databases: fleet.databases,
    keys: fleet.keys,
  };
  rmSync(runFilePath, { force: true }); // the mode below counts for new files alone
  writeFileSync(runFilePath, JSON.stringify(run, undefined, 2), { mode: 0o600 });
}

export function removeRunFile(): void {
  rmSync(runFilePath, { force: true });
}
