import { freeBlock } from '../ports/free-block.ts';

/** The processes of the fleet, in the order in which their ports are documented. */
export const serviceNames = ['gateway', 'queue', 'reservation', 'payment', 'commerce'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** The gateway owns no tables; each of the others has a schema and a user of its own. */
export const servicesWithTables = serviceNames.filter((name) => name !== 'gateway');

export type Replicas = Partial<Record<ServiceName, number>>;

/** One process to run: `name` is the service, with a number behind it from the second replica on. */
export interface Place {
  service: ServiceName;
  name: string;
  port: number;
  opsPort: number;
}

const documentedPort = 8080;
const opsDistance = 1_000;
const replicaStep = 10;
const blockStep = 100;
/** The last ten ports of a claimed block are left for the claim. */
export const mostReplicas = blockStep / replicaStep - 1;

/** Above the ports that engines use here, below 32768, where outgoing connections begin. */
export const portsForTests = { from: 21_000, size: blockStep, count: 40 };

interface PlacesOptions {
  replicas: Replicas;
  /** The first port of a block that the caller has claimed, operations ports and all. Left out, it is the documented ports, or the next that are free. */
  claimed?: number;
  isFree?: (port: number) => Promise<boolean>;
}

/**
 * Where each process listens. The first of each service has its documented port (gateway 8080, queue 8081 ...), further ones lie 10 above each other, and
 * the operations port of each 1,000 above its own; when any is taken, all move on by 100. In a claimed block the operations ports lie 5 above.
 */
export async function findPlaces({ replicas, claimed, isFree }: PlacesOptions): Promise<Place[]> {
  const base = claimed ?? documentedPort;
  const wanted = serviceNames.flatMap((service, position) =>
    Array.from({ length: replicas[service] ?? 1 }, (_, n) => ({
      service,
      name: n === 0 ? service : `${service}-${n + 1}`,
      port: base + position + n * replicaStep,
    })),
  );
  if (claimed !== undefined) return wanted.map((place) => ({ ...place, opsPort: place.port + serviceNames.length }));
  const first = [...wanted.map(({ port }) => port), ...wanted.map(({ port }) => port + opsDistance)];
  const block = await freeBlock({ first, step: blockStep, ...(isFree === undefined ? {} : { isFree }) });
  return wanted.map((place, n) => ({ ...place, port: block[n] as number, opsPort: block[n + wanted.length] as number }));
}
