export { createConsumer, type ConsumerOptions } from './create-consumer.ts';
export { on, onUndo, InvalidMessage, type CommandMessage, type EventMessage, type Handler } from './handler.ts';
export { done, refused, type Done, type Refused, type ReplyDraft } from './reply.ts';
export { createInboxTable } from './tables.ts';
