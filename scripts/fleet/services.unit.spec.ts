import { describe, expect, it } from '@jest/globals';
import { findPlaces, mostReplicas, serviceNames } from './services.ts';

const allFree = async () => true;

describe('findPlaces', () => {
  it('gives each service its documented port, and its operations port 1,000 above', async () => {
    const places = await findPlaces({ replicas: {}, isFree: allFree });
    expect(places.map(({ name, port, opsPort }) => `${name} ${port} ${opsPort}`)).toEqual([
      'gateway 8080 9080',
      'queue 8081 9081',
      'reservation 8082 9082',
      'payment 8083 9083',
      'commerce 8084 9084',
    ]);
  });

  it('puts further replicas 10 above each other', async () => {
    const places = await findPlaces({ replicas: { payment: 3 }, isFree: allFree });
    expect(places.filter(({ service }) => service === 'payment').map(({ name, port }) => `${name} ${port}`)).toEqual([
      'payment 8083',
      'payment-2 8093',
      'payment-3 8103',
    ]);
  });

  it('moves the whole fleet on when one port is taken, an operations port included', async () => {
    const places = await findPlaces({ replicas: {}, isFree: async (port) => port !== 9082 });
    expect(places.map(({ port }) => port)).toEqual([8180, 8181, 8182, 8183, 8184]);
  });

  it('never gives one port twice, however many replicas there are', async () => {
    const replicas = Object.fromEntries(serviceNames.map((service) => [service, mostReplicas]));
    for (const places of [await findPlaces({ replicas, isFree: allFree }), await findPlaces({ replicas, claimed: 21_000 })]) {
      const ports = places.flatMap(({ port, opsPort }) => [port, opsPort]);
      expect(new Set(ports).size).toBe(2 * serviceNames.length * mostReplicas);
    }
  });

  it('stays within a claimed block, and off the port that stands for the claim', async () => {
    const replicas = Object.fromEntries(serviceNames.map((service) => [service, mostReplicas]));
    const places = await findPlaces({ replicas, claimed: 21_000 });
    const ports = places.flatMap(({ port, opsPort }) => [port, opsPort]);
    expect(Math.min(...ports)).toBe(21_000);
    expect(Math.max(...ports)).toBeLessThan(21_099);
  });
});
