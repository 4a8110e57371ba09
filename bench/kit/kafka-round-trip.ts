import { newId } from '@onsale/shared/ids';
import { Kafka, logLevel } from 'kafkajs';

/** A message there and its answer back through two topics, by the client alone: what four hops of a saga cannot be faster than, twice. */
export const kafkaRoundTrip = async (brokers: string[]) => {
  const kafka = new Kafka({ clientId: 'bench', brokers, logLevel: logLevel.NOTHING });
  const name = `bench-${newId()}`;
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({
    topics: [`${name}-there`, `${name}-back`].map((topic) => ({ topic, numPartitions: 1 })),
    waitForLeaders: true,
  });
  const producer = kafka.producer();
  const consumers = [kafka.consumer({ groupId: `${name}-a` }), kafka.consumer({ groupId: `${name}-b` })] as const;
  await Promise.all([producer.connect(), ...consumers.map((consumer) => consumer.connect())]);
  const waiting = new Map<string, () => void>();
  await consumers[0].subscribe({ topic: `${name}-there` });
  await consumers[1].subscribe({ topic: `${name}-back` });
  await consumers[0].run({
    eachMessage: async ({ message }) => void (await producer.send({ topic: `${name}-back`, messages: [{ value: message.value }] })),
  });
  await consumers[1].run({
    eachMessage: async ({ message }) => waiting.get(String(message.value))?.(),
  });
  const once = async (): Promise<void> => {
    const id = newId();
    const answered = new Promise<void>((resolve) => waiting.set(id, resolve));
    await producer.send({ topic: `${name}-there`, messages: [{ value: id }] });
    await answered;
    waiting.delete(id);
  };
  return {
    once,
    stop: async () => {
      await Promise.all(consumers.map((consumer) => consumer.disconnect()));
      await producer.disconnect();
      await admin.deleteTopics({ topics: [`${name}-there`, `${name}-back`] });
      await admin.disconnect();
    },
  };
};
