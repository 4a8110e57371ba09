import { createClient, type CallOptions } from '@onsale/contracts';
import { changeQueue, createQueue } from '@onsale/contracts/queue';
import { createAccessTokenSigner } from '@onsale/shared/auth';
import { newId, systemClock } from '@onsale/shared/ids';
import { temporaryFolders } from '@onsale/shared/testing';
import type { Engines } from '../../scripts/engines/engines.ts';
import type { FleetSettings } from '../../scripts/fleet/environment.ts';
import { startTestFleet } from '../../tests/kit/test-fleet.ts';
import type { Process } from './process-usage.ts';
import { productionKeys, WIDE } from './production.ts';

/** Nobody is there, and nobody is asked. */
const NOBODY = 'http://127.0.0.1:9';
const ELSEWHERE = { ONSALE_RESERVATION_URLS: NOBODY, ONSALE_PAYMENT_URLS: NOBODY };

interface RoomOptions {
  readonly gateways?: number;
  /** Whose processes are watched beside the gateway's; without the queue there is none. */
  readonly owner?: 'queue' | 'commerce';
}

/** A part of the shop as in production: one gateway or more, one queue service unless coupons are asked for, and commerce; members are signed in without it. */
export const startRoomFleet = async (
  engines: Pick<Engines, 'units'>,
  more: FleetSettings = {},
  { gateways = 1, owner = 'queue' }: RoomOptions = {},
) => {
  const folders = temporaryFolders();
  const { access, codec, publicKeys, settings } = productionKeys(folders.make());
  const fleet = await startTestFleet({
    replicas: { gateway: gateways, queue: owner === 'queue' ? 1 : 0, reservation: 0, payment: 0 },
    settings: {
      ...settings,
      gateway: { ...settings.gateway, ...ELSEWHERE, ...(owner === 'queue' ? {} : { ONSALE_QUEUE_URLS: NOBODY }), ...WIDE, ...more.gateway },
      queue: { ...settings.queue, ...more.queue },
      commerce: { ...settings.commerce, ...more.commerce },
    },
  });
  const signer = createAccessTokenSigner({ keys: access, clock: systemClock, lifeSeconds: 3_600 });
  const client = createClient({ baseUrl: fleet.gatewayUrl, fetch: globalThis.fetch });
  const accessToken = (memberId: string, role: 'member' | 'operator' = 'member') => signer.sign({ memberId, role, sessionId: newId() });
  const [redisPid, mysqlPid] = [await engines.units?.redis.pid(), await engines.units?.mysql.pid()];
  const processes: Process[] = [
    ...fleet.processes
      .filter(({ service }) => service === 'gateway' || service === owner)
      .map((process) => ({ name: process.name, pid: process.pid() })),
    ...(redisPid === undefined ? [] : [{ name: 'redis', pid: redisPid }]),
    ...(mysqlPid === undefined || owner === 'queue' ? [] : [{ name: 'mysql', pid: mysqlPid }]),
    { name: 'load generator', pid: process.pid },
  ];
  return {
    gatewayUrl: fleet.gatewayUrl,
    gatewayUrls: fleet.urlsOf('gateway'),
    redisUrl: fleet.redisUrl,
    redis: fleet.redis,
    namespace: fleet.namespace,
    databases: fleet.databases,
    codec,
    publicKeys,
    client,
    processes,
    operatorToken: () => accessToken(newId(), 'operator'),
    /** New members, signed in. */
    members: (count: number) =>
      Promise.all(
        Array.from({ length: count }, async () => {
          const id = newId();
          return { id, accessToken: await accessToken(id) };
        }),
      ),
    /** A queue of its own, with a cap of nobody unless it says otherwise. */
    queue: async (
      wanted: {
        readonly cap?: number | null;
        readonly maxPollSeconds?: number;
        readonly abandonAfterSeconds?: number;
        readonly windowSeconds?: number;
      } = {},
    ) => {
      const id = `bench-${newId().slice(-12)}`;
      await client.call(createQueue, {
        accessToken: await accessToken(newId(), 'operator'),
        body: { cap: 0, ...wanted, id },
      });
      return id;
    },
    /** As an operator does. */
    change: async (queueId: string, body: CallOptions<typeof changeQueue>['body']) =>
      client.call(changeQueue, { accessToken: await accessToken(newId(), 'operator'), params: { queueId }, body }),
    stop: async () => {
      await fleet.stop();
      folders.remove();
    },
  };
};

export type RoomFleet = Awaited<ReturnType<typeof startRoomFleet>>;
