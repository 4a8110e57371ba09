export { createIdempotencyTable as up } from '@onsale/shared/idempotency';
