export { createNotices, type Notices, type NoticesOptions } from './create-notices.ts';
export { createRedis, mastersOf, redisCheck, reignsOf, type Redis, type RedisOptions } from './create-redis.ts';
export { createScript, type Script } from './create-script.ts';
export { isRedisAway } from './redis-errors.ts';
export { reignLua } from './reign-lua.ts';
export { hostsOf, parseRedisUrl, type RedisAddress, type RedisNode } from './redis-url.ts';
