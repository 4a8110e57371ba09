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
export const mostReplicas = blockStep / replicaStep;

/**
 * Where each process listens. The first of each service has its documented port (gateway 8080, queue 8081 ...), further ones lie 10 above each other, and
 * the operations port of each 1,000 above its own; when any is taken, all move on by 100. `free` begins anywhere, for fleets that run side by side.
 */
export async function findPlaces({
  replicas,
  ports,
  isFree,
}: {
  replicas: Replicas;
  ports: 'documented' | 'free';
  isFree?: (port: number) => Promise<boolean>;
}): Promise<Place[]> {
  const base = ports === 'documented' ? documentedPort : randomBase();
  const wanted = serviceNames.flatMap((service, position) =>
    Array.from({ length: replicas[service] ?? 1 }, (_, n) => ({
      service,
      name: n === 0 ? service : `${service}-${n + 1}`,
      port: base + position + n * replicaStep,
    })),
  );
  const first = [...wanted.map(({ port }) => port), ...wanted.map(({ port }) => port + opsDistance)];
  const block = await freeBlock({ first, step: blockStep, ...(isFree === undefined ? {} : { isFree }) });
  return wanted.map((place, n) => ({ ...place, port: block[n] as number, opsPort: block[n + wanted.length] as number }));
}

/** Between the ports that engines use here and 32768, where outgoing connections begin: two test files that draw at once seldom meet. */
function randomBase(): number {
  return 21_000 + Math.floor(Math.random() * 40) * blockStep;
}
