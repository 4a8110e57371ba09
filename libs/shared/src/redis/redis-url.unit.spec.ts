import { describe, expect, it } from '@jest/globals';
import { parseRedisUrl } from './redis-url.ts';

describe('parseRedisUrl', () => {
  it.each(['redis://127.0.0.1:6379/3', 'rediss://user:secret@example.org'])('leaves %s to the client', (url) => {
    expect(parseRedisUrl(url)).toEqual({ kind: 'single', url });
  });

  it('reads sentinels, the name of their master and the database', () => {
    expect(parseRedisUrl('redis+sentinel://user:p%40ss@s1:26379,s2,[::1]:26380/onsale/2')).toEqual({
      kind: 'sentinel',
      name: 'onsale',
      db: 2,
      nodes: [
        { host: 's1', port: 26_379 },
        { host: 's2', port: 26_379 },
        { host: '::1', port: 26_380 },
      ],
      credentials: { username: 'user', password: 'p@ss' },
    });
  });

  it('takes database 0 of a master when none is named', () => {
    expect(parseRedisUrl('redis+sentinel://s1/onsale')).toMatchObject({ name: 'onsale', db: 0, credentials: {} });
  });

  it('reads the nodes of a cluster, with a password alone', () => {
    expect(parseRedisUrl('redis-cluster://:secret@c1:7000,c2')).toEqual({
      kind: 'cluster',
      nodes: [
        { host: 'c1', port: 7000 },
        { host: 'c2', port: 6379 },
      ],
      credentials: { password: 'secret' },
    });
  });

  it.each([
    ['another scheme', 'http://:hunter2@example.org'],
    ['no host', 'redis-cluster://'],
    ['no name of a master', 'redis+sentinel://:hunter2@s1'],
    ['a database that is no number', 'redis+sentinel://:hunter2@s1/onsale/x'],
    ['a database of a cluster', 'redis-cluster://:hunter2@c1/3'],
    ['a port that is no number', 'redis-cluster://:hunter2@c1:port'],
  ])('refuses %s, without telling the password', (_, url) => {
    const refused = expect(() => parseRedisUrl(url));
    refused.toThrow();
    refused.not.toThrow('hunter2');
  });
});
