export { KafkaAway } from './broker.ts';
export type { Broker, BrokerSubscription, IncomingMessage, OutgoingMessage, SubscribeOptions, TopicLag } from './broker.ts';
export { createKafkaBroker, type KafkaBrokerOptions } from './create-kafka-broker.ts';
