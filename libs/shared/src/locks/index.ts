export { createLocks, type Locks, type LocksOptions } from './create-locks.ts';
