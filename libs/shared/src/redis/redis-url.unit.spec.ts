import { describe, expect, it } from '@jest/globals';
import { hostsOf, parseRedisUrl } from './redis-url.ts';

describe('parseRedisUrl', () => {
  it.each(['redis://127.0.0.1:6379/3', 'rediss://user:secret@example.org', 'redis://[::1]:6379/'])('leaves %s to the client', (url) => {
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
      tls: false,
      credentials: { username: 'user', password: 'p@ss' },
      sentinelCredentials: {},
    });
  });

  it('takes database 0 of a master when none is named', () => {
    expect(parseRedisUrl('redis+sentinel://s1/onsale')).toMatchObject({ name: 'onsale', db: 0, credentials: {} });
  });

  it('reads users of the sentinels beside those of the master', () => {
    expect(parseRedisUrl('rediss+sentinel://:a@s1/onsale?sentinelUsername=watch&sentinelPassword=b%25')).toMatchObject({
      tls: true,
      credentials: { password: 'a' },
      sentinelCredentials: { username: 'watch', password: 'b%' },
    });
  });

  it('reads the nodes of a cluster, with a password alone', () => {
    const nodes = [
      { host: 'c1', port: 7000 },
      { host: 'c2', port: 6379 },
    ];
    expect(parseRedisUrl('redis+cluster://:secret@c1:7000,c2')).toEqual({
      kind: 'cluster',
      nodes,
      tls: false,
      credentials: { password: 'secret' },
    });
    expect(parseRedisUrl('rediss+cluster://c1:7000,c2/0')).toEqual({ kind: 'cluster', nodes, tls: true, credentials: {} });
  });

  it.each([
    ['another scheme', 'http://:hunter2@example.org'],
    ['a scheme that is almost right', 'redis-cluster://:hunter2@c1'],
    ['no host', 'redis+cluster://'],
    ['an empty host', 'redis+cluster://:hunter2@c1,,c2'],
    ['a single Redis without a host', 'redis://:hunter2@'],
    ['a single database that is no number', 'redis://:hunter2@h/x'],
    ['a single port that is no number', 'redis://:hunter2@h:port'],
    ['several hosts of a single one', 'redis://:hunter2@h1:1,h2:2'],
    ['no name of a master', 'redis+sentinel://:hunter2@s1'],
    ['a database that is no number', 'redis+sentinel://:hunter2@s1/onsale/x'],
    ['more than a name and a database', 'redis+sentinel://:hunter2@s1/onsale/0/1'],
    ['a query that nobody knows', 'redis+sentinel://:hunter2@s1/onsale?password=hunter2'],
    ['a database of a cluster', 'redis+cluster://:hunter2@c1/3'],
    ['a query of a cluster', 'redis+cluster://c1?password=hunter2'],
    ['a port that is no number', 'redis+cluster://:hunter2@c1:port'],
    ['a password with a bare %', 'redis+cluster://:hunter2%@c1'],
  ])('refuses %s, without telling the password', (_, url) => {
    const refused = expect(() => parseRedisUrl(url));
    refused.toThrow();
    refused.not.toThrow('hunter2');
  });
});

describe('hostsOf', () => {
  it.each([
    ['redis://user:p@h', ['h:6379']],
    ['redis://[::1]:1', ['::1:1']],
    ['redis+sentinel://h1,h2:2/m', ['h1:26379', 'h2:2']],
    ['redis+cluster://h1:1,h2', ['h1:1', 'h2:6379']],
  ])('names where %s is', (url, hosts) => {
    expect(hostsOf(parseRedisUrl(url)).map(({ host, port }) => `${host}:${port}`)).toEqual(hosts);
  });
});
