export { createOutboxTables as up } from '@onsale/shared/outbox';
