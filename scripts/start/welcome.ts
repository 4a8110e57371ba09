import { relative } from 'node:path';
import { hostsOf, parseRedisUrl } from '@onsale/shared/redis';
import type { Account } from '../development/accounts.ts';
import type { Engines } from '../engines/engines.ts';
import type { Fleet } from '../fleet/start-fleet.ts';
import { root } from '../paths.ts';

export interface WelcomeOptions {
  fleet: Fleet;
  engines: Engines;
  accounts: Account[];
  logFolder: string;
  /** Since the command began, which the launcher's `npm ci` comes before. */
  seconds: number;
}

const documentedGateway = 'http://127.0.0.1:8080';

/** What a person wants to know when everything is up: where, who, and what to type next. */
export function welcome({ fleet, engines, accounts, logFolder, seconds }: WelcomeOptions): string {
  const shop = `${fleet.gatewayUrl}/api/v1`;
  const row = (name: string, text: string) => `  ${name.padEnd(14)}${text}`;
  const moved = fleet.gatewayUrl !== documentedGateway;
  return [
    '',
    `Onsale is open after ${seconds.toFixed(1)} s (npm ci not counted): ${shop}`,
    '',
    ...fleet.processes.map(({ name, url, opsUrl }) => row(name, `${url}   metrics ${opsUrl}/metrics`)),
    ...(engines.mode === 'external' ? [] : [row('engines', engineLine(engines))]),
    row('logs', relative(root, logFolder)),
    ...accounts.map(({ email, password }, n) => row(n === 0 ? 'accounts' : '', `${email} / ${password}`)),
    '',
    ...(moved ? [`The documented ports are taken; in a second terminal first: export SHOP=${shop}`] : []),
    `Next, in a second terminal: curl ${shop}/concerts   (README.md, "Buy two seats", goes on from there)`,
    'Ctrl-C stops everything that was started here.',
    '',
  ].join('\n');
}

function engineLine({ mysqlUrl, redisUrl, kafkaBrokers }: Engines): string {
  const redis = hostsOf(parseRedisUrl(redisUrl))
    .map(({ host, port }) => `${host}:${port}`)
    .join(',');
  return `MySQL ${new URL(mysqlUrl).host}, Redis ${redis}, Kafka ${kafkaBrokers}`;
}
