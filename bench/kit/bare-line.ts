// A process of its own: express and Redis and nothing else, what a waiting room cannot be faster than.
import express from 'express';
import { Redis } from 'ioredis';

const [url, key] = process.argv.slice(2) as [string, string];
const redis = new Redis(url, { enableAutoPipelining: true });
await redis.zadd(key, ...Array.from({ length: 1_000 }, (_, n) => [n, `member-${n}`]).flat());
const app = express().disable('x-powered-by').disable('etag');
app.get('/rank/:member', async (request, response) => void response.json({ rank: await redis.zrank(key, request.params.member) }));
const server = app.listen(0, '127.0.0.1', () => process.send?.((server.address() as { port: number }).port));
process.once('SIGTERM', () => {
  void redis.del(key).finally(() => process.exit(0));
});
