export { createNotices, type Notices, type NoticesOptions } from './create-notices.ts';
export { createRedis, redisCheck, type Redis, type RedisOptions } from './create-redis.ts';
