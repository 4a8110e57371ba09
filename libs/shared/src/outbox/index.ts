export {
  commandOf,
  eventOf,
  questionOf,
  questionType,
  replyTo,
  REPLY_TYPE,
  type CommandFields,
  type EventFields,
  type MessageDraft,
} from './message-draft.ts';
export { createOutbox, type Outbox, type OutboxOptions } from './create-outbox.ts';
export { stuckShards } from './outbox-store.ts';
export { shardOf } from './shard.ts';
export { createOutboxTables } from './tables.ts';
export { outboxChecks, type OutboxCheckOptions } from './outbox-checks.ts';
