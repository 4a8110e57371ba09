/** Replies of a node that cannot do what it was asked now, though it may soon, or another node can: nothing was done. */
const NOT_NOW = /^(READONLY|MOVED|ASK|TRYAGAIN|CLUSTERDOWN|LOADING|MASTERDOWN|NOREPLICAS|MISCONF|OOM|BUSY) /;

/** What ioredis throws when it gave up on a command; most of it has no class or code to be known by. */
const GAVE_UP = new Set([
  'Command timed out',
  'Connection is closed.',
  'Cluster is ended.',
  'Command aborted due to connection close',
  'None of startup nodes is available',
  'Failed to refresh slots cache.',
]);

/**
 * Whether Redis could not be asked, or would not answer now: away, failing over, loading, read-only, without the replicas or the memory that it is to
 * have. Whoever was under way may ask again.
 */
export const isRedisAway = (error: unknown): boolean => {
  const { name, message } = Object(error) as { name?: unknown; message?: unknown };
  if (name === 'MaxRetriesPerRequestError' || name === 'ClusterAllFailedError') return true;
  if (typeof message !== 'string') return false;
  return GAVE_UP.has(message) || NOT_NOW.test(message) || message.startsWith('Too many Cluster redirections');
};
