/** Where a Redis is, in the three forms that `ONSALE_REDIS_URL` takes. */
export type RedisAddress =
  | { readonly kind: 'single'; readonly url: string }
  | {
      readonly kind: 'sentinel';
      readonly name: string;
      readonly db: number;
      readonly nodes: readonly RedisNode[];
      readonly credentials: Credentials;
    }
  | { readonly kind: 'cluster'; readonly nodes: readonly RedisNode[]; readonly credentials: Credentials };

export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

export interface Credentials {
  readonly username?: string;
  readonly password?: string;
}

/** Lists of hosts are not URLs to WHATWG's parser. */
const LIST =
  /^(?<scheme>redis\+sentinel|redis-cluster):\/\/(?:(?<user>[^:@/]*)(?::(?<password>[^@/]*))?@)?(?<hosts>[^/@]+)(?:\/(?<path>.*))?$/;

const nodeOf = (text: string, defaultPort: number): RedisNode => {
  const { hostname, port } = new URL(`tcp://${text}`);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? defaultPort : Number(port) };
};

const credentialsOf = (user: string | undefined, password: string | undefined): Credentials => ({
  ...(user && { username: decodeURIComponent(user) }),
  ...(password && { password: decodeURIComponent(password) }),
});

/**
 * Reads `redis[s]://host:port/db`, `redis+sentinel://h1:p,h2:p/name/db` or `redis-cluster://h1:p,h2:p`, each with `user:password@` before the hosts.
 * @throws Error without the URL in it, which may hold a password
 */
export const parseRedisUrl = (url: string): RedisAddress => {
  if (/^rediss?:\/\//.test(url)) return { kind: 'single', url };
  const { scheme, user, password, hosts, path = '' } = LIST.exec(url)?.groups ?? {};
  if (hosts === undefined)
    throw new Error('a Redis URL begins with redis://, rediss://, redis+sentinel:// or redis-cluster://, and names hosts');
  const credentials = credentialsOf(user, password);
  const nodes = hosts.split(',').map((host) => nodeOf(host, scheme === 'redis-cluster' ? 6379 : 26_379));
  if (scheme === 'redis-cluster') {
    if (path !== '' && path !== '0') throw new Error('a Redis cluster has database 0 alone');
    return { kind: 'cluster', nodes, credentials };
  }
  const [name = '', db = '0'] = path.split('/');
  if (name === '' || !/^\d+$/.test(db)) throw new Error('a sentinel URL ends in /<name of the master>/<database>');
  return { kind: 'sentinel', name, db: Number(db), nodes, credentials };
};
