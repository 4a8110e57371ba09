export { createIdempotencyStore, type KeyedStore, type IdempotencyStore, type Kept, type Once } from './create-idempotency-store.ts';
export { createKeyPurge } from './create-key-purge.ts';
export { createIdempotencyTable } from './create-idempotency-table.ts';
export { eraseKeys } from './erase-keys.ts';
export { scopeBytes, scopesOfMember, type KeyScope } from './key-scope.ts';
