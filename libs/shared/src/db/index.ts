export { createDatabase, databaseCheck, type Database, type DatabaseOptions, type Queryable, type Trx } from './create-database.ts';
export { askEngine } from './ask-engine.ts';
export { isDuplicate, isEngineAway, isLockWait, isOverloaded, isRetriable, isStatementTimeout } from './database-errors.ts';
export { createTail } from './create-tail.ts';
export { afterCommit, beforeCommit, inTransaction, type TransactionOptions } from './in-transaction.ts';
export { migrate, type MigrateOptions } from './migrate.ts';
