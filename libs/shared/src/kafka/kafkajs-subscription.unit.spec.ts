import { afterEach, describe, expect, it } from '@jest/globals';
import type { Consumer, Kafka } from 'kafkajs';
import { captureLog, eventually } from '../testing/index.ts';
import { createKafkajsSubscription, type KafkajsSubscription } from './kafkajs-subscription.ts';

const EVENTS = { GROUP_JOIN: 'join', CRASH: 'crash', REBALANCING: 'rebalancing' } as const;

const noCoordinator = Object.assign(new Error('Failed to find group coordinator'), { name: 'KafkaJSGroupCoordinatorNotFound' });

/** Members of kafkajs that the test drives by their events; each joins its group when it runs, unless it is to fail. */
const fakeKafka = ({
  failing = () => false,
  error,
  connecting = async () => {},
  joining = true,
}: { failing?: (member: number) => boolean; error?: Error; connecting?: () => Promise<void>; joining?: boolean } = {}) => {
  const members: { emit: (event: string, payload: object) => void; disconnected: number }[] = [];
  const consumer = () => {
    const listeners = new Map<string, (event: { payload: object }) => void>();
    const index = members.length;
    const emit = (event: string, payload: object): void => listeners.get(event)?.({ payload });
    members.push({ emit, disconnected: 0 });
    return {
      events: EVENTS,
      on: (event: string, fn: (event: { payload: object }) => void) => void listeners.set(event, fn),
      connect: async () => {
        await connecting();
        if (failing(index)) throw error ?? new Error(`member ${index} cannot connect`);
      },
      subscribe: async () => {},
      run: async () => void (joining && emit(EVENTS.GROUP_JOIN, { memberAssignment: {} })),
      disconnect: async () => void (members[index]!.disconnected += 1),
    } as unknown as Consumer;
  };
  return { kafka: { consumer } as unknown as Kafka, members };
};

const started: KafkajsSubscription[] = [];
const given = (kafka: Kafka, restartMs = 1) => {
  const lost: unknown[] = [];
  const membership: boolean[] = [];
  const subscription = createKafkajsSubscription({
    kafka,
    group: 'spec',
    topics: ['spec'],
    handle: async () => {},
    concurrency: 1,
    qualify: (name) => name,
    bare: (name) => name,
    log: captureLog().log,
    onLost: (error) => lost.push(error),
    onMembership: (joined) => membership.push(joined),
    restartMs,
  });
  started.push(subscription);
  return { lost, membership, subscription };
};
const subscribe = async (kafka: Kafka) => {
  const all = given(kafka);
  await all.subscription.start();
  return all;
};

describe('a subscription', () => {
  afterEach(async () => {
    for (const subscription of started.splice(0)) await subscription.stop();
  });

  it('leaves a crash to the library that it restarts from itself', async () => {
    const { kafka, members } = fakeKafka();
    await subscribe(kafka);
    members[0]!.emit(EVENTS.CRASH, { error: new Error('connection'), restart: true });
    expect(members).toHaveLength(1);
  });

  it('begins again with a new member after any other crash', async () => {
    const { kafka, members } = fakeKafka({ failing: (member) => member === 1 });
    const { lost } = await subscribe(kafka);
    members[0]!.emit(EVENTS.CRASH, { error: new Error('not retriable'), restart: false });
    await eventually(() => expect(members).toHaveLength(3));
    expect(members[1]!.disconnected).toBe(1);
    expect(lost).toEqual([]);
  });

  it('tells whether it is a member of its group: not in a rebalance, nor between a crash and its return, whoever brings it back', async () => {
    const { kafka, members } = fakeKafka();
    const { membership } = await subscribe(kafka);
    members[0]!.emit(EVENTS.REBALANCING, {});
    members[0]!.emit(EVENTS.GROUP_JOIN, { memberAssignment: {} });
    members[0]!.emit(EVENTS.CRASH, { error: noCoordinator, restart: true });
    expect(membership).toEqual([true, false, true, false]);
    members[0]!.emit(EVENTS.CRASH, { error: new Error('not retriable'), restart: false });
    await eventually(() => expect(membership).toEqual([true, false, true, false, false, true]));
  });

  it('is lost when it cannot begin again, time after time', async () => {
    const { kafka, members } = fakeKafka({ failing: (member) => member > 0 });
    const { lost } = await subscribe(kafka);
    members[0]!.emit(EVENTS.CRASH, { error: new Error('not retriable'), restart: false });
    await eventually(() => expect(lost).toHaveLength(1));
    expect(members).toHaveLength(6);
  });

  it('is not lost while Kafka is away, for however long', async () => {
    const { kafka, members } = fakeKafka({ failing: (member) => member > 0 && member < 9, error: noCoordinator });
    const { lost } = await subscribe(kafka);
    members[0]!.emit(EVENTS.CRASH, { error: noCoordinator, restart: false });
    await eventually(() => expect(members).toHaveLength(10));
    expect(lost).toEqual([]);
  });

  it('waits for the coordinator of a new cluster when it starts', async () => {
    const { kafka, members } = fakeKafka({ failing: (member) => member < 3, error: noCoordinator });
    await subscribe(kafka);
    expect(members).toHaveLength(4);
  });

  it('does not begin again once stopped', async () => {
    const { kafka, members } = fakeKafka();
    const { subscription } = await subscribe(kafka);
    await subscription.stop();
    members[0]!.emit(EVENTS.CRASH, { error: new Error('not retriable'), restart: false });
    expect(members).toHaveLength(1);
  });

  it('does not begin anew when it is stopped while it waits for a coordinator', async () => {
    const { kafka, members } = fakeKafka({ failing: (member) => member === 0, error: noCoordinator });
    const { subscription } = given(kafka, 60_000);
    const starting = expect(subscription.start()).rejects.toThrow('was stopped');
    await eventually(() => expect(members[0]?.disconnected).toBe(1));
    await subscription.stop();
    await starting;
    expect(members).toHaveLength(1);
  });

  it.each([
    { when: 'before it could connect', joining: true },
    { when: 'while it waits to join its group', joining: false },
  ])('does not wait for its group when it is stopped $when', async ({ joining }) => {
    const connected = Promise.withResolvers<void>();
    const { kafka, members } = fakeKafka({ connecting: () => connected.promise, joining });
    const { subscription, membership } = given(kafka);
    const starting = subscription.start();
    if (!joining) connected.resolve();
    await eventually(() => expect(members).toHaveLength(1));
    await subscription.stop();
    connected.resolve();
    await starting;
    expect(members[0]!.disconnected).toBeGreaterThan(0);
    expect(membership).toEqual([]);
    await expect(subscription.start()).rejects.toThrow('was stopped');
    expect(members).toHaveLength(1);
  });

  it('tells whoever starts it that it cannot', async () => {
    const { kafka } = fakeKafka({ failing: () => true });
    await expect(subscribe(kafka)).rejects.toThrow('member 0 cannot connect');
  });
});
