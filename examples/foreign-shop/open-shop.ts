import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { developmentKeys } from '../../scripts/keys/development-keys.ts';
import { type FleetOptions, startFleet } from '../../scripts/fleet/start-fleet.ts';
import type { Settings } from '../../scripts/fleet/environment.ts';
import { createShop } from './shop.ts';

const here = import.meta.dirname;
const read = (name: string): string => readFileSync(join(here, name), 'utf8');
const envOf = (name: string): Settings => parseEnv(read(name)) as Settings;

export const QUEUE = 'sneakers';
/** Where the files here say that the shop is. */
const WRITTEN_PORT = '127.0.0.1:3000';

interface OpenShopOptions extends Pick<FleetOptions, 'home' | 'output' | 'ports' | 'namespace' | 'schemaPrefix'> {
  readonly mysqlUrl: string;
  readonly redisUrl: string;
  /** Of the shop; a free one when left out. */
  readonly port?: number;
  /** Inside at once. */
  readonly cap?: number;
  readonly gateways?: number;
}

/** Starts the shop, and gateway and queue in front of it, with the settings that stand beside this file; makes the queue by the operator's API. */
export const openShop = async ({ mysqlUrl, redisUrl, port = 0, cap = 2, gateways = 1, ...fleetOptions }: OpenShopOptions) => {
  const { principalPublic } = developmentKeys(fleetOptions.home.folder);
  const at = { waitingRoom: '' };
  const shop = createShop({
    queueId: QUEUE,
    waitingRoom: () => at.waitingRoom,
    gatewayKeys: JSON.parse(readFileSync(principalPublic, 'utf8')) as { keys: { kid: string }[] },
  });
  const server = createServer(shop.app).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const routes = join(fleetOptions.home.folder, `${fleetOptions.namespace ?? 'example'}-routes.json`);
  writeFileSync(routes, read('routes.json').replaceAll(WRITTEN_PORT, address));
  const gateway = envOf('gateway.env');
  const jwks = gateway['ONSALE_IDENTITY_JWKS_URL']!.replace(WRITTEN_PORT, address);
  const closeShop = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
  };

  const fleet = await startFleet({
    ...fleetOptions,
    engines: { mysqlUrl, redisUrl, kafkaBrokers: '' },
    replicas: { gateway: gateways, reservation: 0, payment: 0, commerce: 0 },
    settings: {
      gateway: { ...gateway, ONSALE_IDENTITY_JWKS_URL: jwks, ONSALE_FOREIGN_ROUTES_FILE: routes },
      queue: envOf('queue.env'),
    },
  }).catch(async (error: unknown) => {
    await closeShop();
    throw error;
  });
  at.waitingRoom = fleet.gatewayUrl;
  const made = await fetch(`${fleet.gatewayUrl}/api/v1/admin/queues`, {
    method: 'POST',
    headers: { authorization: `Bearer ${shop.issue('you', 'operator')}`, 'content-type': 'application/json' },
    body: JSON.stringify({ id: QUEUE, cap, message: 'Sneakers from noon.' }),
  });
  if (!made.ok && made.status !== 409) throw new Error(`the queue was not made: ${made.status} ${await made.text()}`);

  return {
    ...shop,
    fleet,
    /** Behind the waiting room, where nobody but the gateway should be able to come. */
    shopUrl: `http://${address}`,
    stop: async (): Promise<void> => {
      await fleet.stop();
      await closeShop();
    },
  };
};
