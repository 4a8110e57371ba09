import { createIdempotencyTable } from '@onsale/shared/idempotency';

export const up = createIdempotencyTable;
