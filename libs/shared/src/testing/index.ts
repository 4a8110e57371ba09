export { captureLog, type CapturedLog } from './capture-log.ts';
export { eventually, type EventuallyOptions } from './eventually.ts';
export { fixedClock, type FixedClock } from './fixed-clock.ts';
export { insisted } from './insisted.ts';
export { temporaryFolders, type TemporaryFolders } from './temporary-folders.ts';
export { testDatabase, type TestDatabase } from './test-database.ts';
export { testKafka, type TestKafka } from './test-kafka.ts';
export { testProxy, type TestProxy } from './test-proxy.ts';
export { patientRedis, testRedis, type TestRedis } from './test-redis.ts';
