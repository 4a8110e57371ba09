import { setTimeout as rest } from 'node:timers/promises';
import type { Admin } from 'kafkajs';

export interface TopicShape {
  readonly partitions: number;
  readonly replication: number;
}

const RETENTION_MS = 7 * 24 * 3600 * 1000;
const WITHIN_MS = 10_000;
/** Many services make many topics at the first start of a fleet, and a broker on a busy machine knows them late. */
const KNOWN_WITHIN_MS = 30_000;
const LOOK_AGAIN_MS = 50;

const missingOf = async (admin: Admin, names: readonly string[]): Promise<string[]> => {
  const existing = new Set(await admin.listTopics());
  return names.filter((name) => !existing.has(name));
};

/** A broker may not know yet of the topic that it has just made; kafkajs, asked to wait for leaders, takes that for a failure. */
const untilKnown = async (admin: Admin, names: readonly string[]): Promise<void> => {
  const deadline = performance.now() + KNOWN_WITHIN_MS;
  for (;;) {
    const unknown = await missingOf(admin, names);
    if (unknown.length === 0) return;
    if (performance.now() > deadline)
      throw new Error(`made, but not known to the broker after ${KNOWN_WITHIN_MS} ms: ${unknown.join(', ')}`);
    await rest(LOOK_AGAIN_MS);
  }
};

/** Makes the topics that are missing, kept for seven days. Another process may make the same one at the same moment. */
export const makeTopics = async (admin: Admin, names: readonly string[], { partitions, replication }: TopicShape): Promise<void> => {
  const missing = await missingOf(admin, names);
  for (const topic of missing) {
    const configEntries = [{ name: 'retention.ms', value: String(RETENTION_MS) }];
    await admin.createTopics({
      topics: [{ topic, numPartitions: partitions, replicationFactor: replication, configEntries }],
      waitForLeaders: false,
      timeout: WITHIN_MS,
    });
  }
  if (missing.length > 0) await untilKnown(admin, missing);
};
