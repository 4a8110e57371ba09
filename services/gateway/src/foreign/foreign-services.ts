import { createPrincipalSigner, FOREIGN_PRINCIPAL_ISSUER, type JWK } from '@onsale/shared/auth';
import { createPrincipals } from '../identity/principals.ts';
import { createReplicas } from '../upstream/replicas.ts';
import { createUpstream, type Upstream, type UpstreamOptions } from '../upstream/upstream.ts';
import { relayForeign } from './foreign-relay.ts';
import type { ForeignRoute } from './foreign-routes-file.ts';
import { createForeignService } from './foreign-service.ts';
import { createForeignTable } from './foreign-table.ts';

interface ForeignServicesOptions {
  readonly routes: readonly ForeignRoute[];
  readonly key: JWK;
  readonly upstreamOptions: Omit<UpstreamOptions, 'name' | 'replicas' | 'respond' | 'closesToLeave'>;
  /** Milliseconds that never go back. */
  readonly monotonic: () => number;
}

const originsOf = ({ origins }: ForeignRoute): string =>
  origins
    .map(({ origin }) => origin)
    .sort()
    .join(',');

/** The services behind the waiting room and their routes. Routes with the same origins share connections, bound and breaker. */
export const createForeignServices = ({ routes, key, upstreamOptions, monotonic }: ForeignServicesOptions) => {
  const upstreams = new Map<string, Upstream>();
  const upstreamOf = (route: ForeignRoute): Upstream => {
    const origins = originsOf(route);
    const known = upstreams.get(origins);
    if (known !== undefined) return known;
    const made = createUpstream({
      ...upstreamOptions,
      name: `foreign ${route.prefix}`,
      replicas: createReplicas({ urls: route.origins, monotonic }),
      closesToLeave: false,
      respond: ({ spec, res }, answer) => {
        if ((answer.statusCode ?? 0) < 200) return 'odd'; // no status of an answer: Node would not write it
        relayForeign(spec, answer, res);
        return 'answer';
      },
    });
    upstreams.set(origins, made);
    return made;
  };
  const signer = createPrincipalSigner({ key, issuer: FOREIGN_PRINCIPAL_ISSUER });
  const principals = createPrincipals({ signer, monotonic });
  return {
    table: createForeignTable(routes, (route) => createForeignService({ route, upstream: upstreamOf(route), principals })),
    stop: (): void => {
      for (const upstream of upstreams.values()) upstream.stop();
    },
  };
};
