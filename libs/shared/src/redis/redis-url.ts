/** Where a Redis is, in the three forms that `ONSALE_REDIS_URL` takes. */
export type RedisAddress =
  | { readonly kind: 'single'; readonly url: string }
  | {
      readonly kind: 'sentinel';
      /** The sentinels' name of the master. */
      readonly name: string;
      readonly db: number;
      readonly nodes: readonly RedisNode[];
      readonly tls: boolean;
      readonly credentials: Credentials;
      /** Of the sentinels themselves, which have users of their own. */
      readonly sentinelCredentials: Credentials;
    }
  | { readonly kind: 'cluster'; readonly nodes: readonly RedisNode[]; readonly tls: boolean; readonly credentials: Credentials };

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
  /^redis(?<tls>s?)\+(?<kind>sentinel|cluster):\/\/(?:(?<user>[^:@/]*)(?::(?<password>[^@/]*))?@)?(?<hosts>[^/@?]+)(?:\/(?<path>[^?]*))?(?:\?(?<query>.*))?$/;

const FORMS =
  'must be redis://host:port/db, redis+sentinel://host:port,host:port/master/db or redis+cluster://host:port,host:port (rediss for TLS)';

const nodeOf = (text: string, defaultPort: number): RedisNode => {
  const url = URL.canParse(`tcp://${text}`) ? new URL(`tcp://${text}`) : undefined;
  if (url === undefined || url.hostname === '') throw new Error('has a host that is none: host:port, comma separated');
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? defaultPort : Number(url.port) };
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error('has a % that stands for nothing: user, password and name are percent-encoded');
  }
};

const credentialsOf = (username: string | null | undefined, password: string | null | undefined): Credentials => ({
  ...(username && { username }),
  ...(password && { password }),
});

const single = (url: string): RedisAddress => {
  if (!URL.canParse(url)) throw new Error(FORMS);
  const { hostname, pathname } = new URL(url);
  if (hostname === '') throw new Error(FORMS);
  if (!/^\/?\d*$/.test(pathname)) throw new Error('ends in the number of a database: /0');
  return { kind: 'single', url };
};

/**
 * Reads `redis://host:port/db`, `redis+sentinel://h1:p,h2:p/name/db` or `redis+cluster://h1:p,h2:p`, each with `user:password@` before the hosts, and
 * with `rediss` for TLS. Passwords are percent-encoded. Sentinels that want a password of their own: `?sentinelUsername=...&sentinelPassword=...`.
 * @throws Error that reads on after the name of a setting, and without the URL in it, which may hold a password
 */
export const parseRedisUrl = (url: string): RedisAddress => {
  if (/^rediss?:\/\//.test(url)) return single(url);
  const groups = LIST.exec(url)?.groups;
  if (groups === undefined) throw new Error(FORMS);
  const { kind, user = '', password = '', hosts = '', path = '', query = '' } = groups;
  const place = { tls: groups['tls'] === 's', credentials: credentialsOf(decoded(user), decoded(password)) };
  const nodes = hosts.split(',').map((host) => nodeOf(host, kind === 'cluster' ? 6379 : 26_379));
  if (kind === 'cluster') {
    if (path !== '' && path !== '0') throw new Error('names a database, and a Redis cluster has number 0 alone');
    if (query !== '') throw new Error('has a query, and a Redis cluster takes none');
    return { kind: 'cluster', nodes, ...place };
  }
  const [name = '', db = '0', ...rest] = path.split('/');
  if (name === '' || !/^\d+$/.test(db) || rest.length > 0) throw new Error('must end in /<name of the master>/<number of the database>');
  const asked = new URLSearchParams(query);
  const strange = [...asked.keys()].filter((key) => key !== 'sentinelUsername' && key !== 'sentinelPassword');
  if (strange.length > 0) throw new Error('has a query that is none: sentinelUsername and sentinelPassword may stand there');
  const sentinelCredentials = credentialsOf(asked.get('sentinelUsername'), asked.get('sentinelPassword'));
  return { kind: 'sentinel', name: decoded(name), db: Number(db), nodes, ...place, sentinelCredentials };
};

/** Where to knock: the one host, the sentinels, or the nodes of the cluster that are named. */
export const hostsOf = (address: RedisAddress): RedisNode[] => {
  if (address.kind !== 'single') return [...address.nodes];
  const { hostname, port } = new URL(address.url);
  return [{ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) }];
};
