import { describe, expect, it } from '@jest/globals';
import { createMetrics } from '../metrics/index.ts';
import { createConsumerWatch } from './consumer-watch.ts';
import type { PartitionLag } from './lag.ts';

/** A consumer that handles nothing while three messages wait, and a watch that finds it lost at once when it has looked twice. */
const given = () => {
  const metrics = createMetrics({ service: 'spec', defaults: false });
  const lost: Error[] = [];
  const kafka: { lag: () => readonly PartitionLag[] } = { lag: () => [{ topic: 'orders', partition: 0, messages: 3 }] };
  const watch = createConsumerWatch({
    lagOf: async () => kafka.lag(),
    metrics,
    stalledMs: 0,
    watchMs: 1000,
    onLost: (error) => lost.push(error),
  });
  const progress = { handled: 0, paused: false, excused: false, assigned: { orders: [0] } };
  const unwatch = watch.add({ group: 'shop', topics: ['orders'], askEngine: async () => {}, progress: () => progress });
  const series = async () =>
    (await metrics.registry.getSingleMetric('onsale_consumer_lag')!.get()).values.map(({ labels, value }) => ({ ...labels, value }));
  return { kafka, watch, progress, unwatch, lost, series };
};

const coordinatorAway = (): never => {
  throw new Error('the coordinator is away');
};

describe('the watch over the consumers of a process', () => {
  it('tells how many messages wait', async () => {
    const { watch, series } = given();
    expect(await watch.look()).toEqual([{ group: 'shop', topic: 'orders', messages: 3 }]);
    expect(await series()).toEqual([{ group: 'shop', topic: 'orders', value: 3 }]);
  });

  it('keeps no number that it could not read again', async () => {
    const { kafka, watch, series } = given();
    await watch.look();
    kafka.lag = coordinatorAway;
    await expect(watch.look()).rejects.toThrow('coordinator');
    expect(await series()).toEqual([]);
  });

  it('finds a consumer lost that handles nothing though messages wait, but not by looks before and after one that failed', async () => {
    const { kafka, watch, lost } = given();
    const { lag } = kafka;
    await watch.look();
    kafka.lag = coordinatorAway;
    await expect(watch.look()).rejects.toThrow('coordinator');
    kafka.lag = lag;
    await watch.look();
    expect(lost).toEqual([]);
    await watch.look();
    expect(lost).toHaveLength(1);
  });

  it('lets a consumer be that rests for what its handler needs of Kafka, though its engine answers', async () => {
    const { watch, progress, lost } = given();
    Object.assign(progress, { paused: true, excused: true });
    for (let looks = 0; looks < 3; looks += 1) await watch.look();
    expect(lost).toEqual([]);
    Object.assign(progress, { excused: false });
    for (let looks = 0; looks < 2; looks += 1) await watch.look();
    expect(lost).not.toEqual([]);
  });

  it('knows nothing any more of a consumer that was stopped', async () => {
    const { watch, unwatch, series } = given();
    await watch.look();
    unwatch();
    expect([await watch.look(), await series()]).toEqual([[], []]);
  });
});
