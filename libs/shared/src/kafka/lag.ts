import type { Admin } from 'kafkajs';

export interface PartitionLag {
  readonly topic: string;
  readonly partition: number;
  readonly messages: number;
}

/** By Kafka's names: messages between what a group has committed and the end of each partition; a group that never committed has all of them before it. */
export const lagOf = async (admin: Admin, groupId: string, topics: readonly string[]): Promise<PartitionLag[]> => {
  const committed = await admin.fetchOffsets({ groupId, topics: [...topics] });
  const perTopic = await Promise.all(
    committed.map(async ({ topic, partitions }) => {
      const done = new Map(partitions.map(({ partition, offset }) => [partition, Number(offset)]));
      const ends = await admin.fetchTopicOffsets(topic);
      return ends.map(({ partition, high, low }) => {
        const from = Math.max(done.get(partition) ?? -1, Number(low));
        return { topic, partition, messages: Math.max(0, Number(high) - from) };
      });
    }),
  );
  return perTopic.flat();
};
