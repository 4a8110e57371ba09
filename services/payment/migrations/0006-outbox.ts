import { createOutboxTables } from '@onsale/shared/outbox';

export const up = createOutboxTables;
