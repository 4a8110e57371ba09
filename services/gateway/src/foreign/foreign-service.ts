import type { Principal } from '@onsale/shared/auth';
import { Refusal } from '@onsale/shared/errors';
import { hasBody, malformed, requestIdOf } from '@onsale/shared/http';
import { currentTrace } from '@onsale/shared/tracing';
import type { RouteSpec } from '@onsale/contracts';
import type { Request, Response } from 'express';
import type { Principals } from '../identity/principals.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { ForeignRoute } from './foreign-routes-file.ts';
import { foreignHeaders } from './foreign-headers.ts';
import { searchFault } from './spelling.ts';

interface ForeignServiceOptions {
  readonly route: ForeignRoute;
  readonly upstream: Upstream;
  /** Of foreign principals: those of the fleet would be good for its own services. */
  readonly principals: Principals;
}

interface Errand {
  readonly spec: RouteSpec;
  readonly url: string;
  readonly principal: Principal;
  readonly req: Request;
  readonly res: Response;
}

/** A service of somebody else's behind the waiting room: any body up to its limit goes in, any answer comes out. */
export const createForeignService = ({ route, upstream, principals }: ForeignServiceOptions) => ({
  /** What can be told before a byte of the body is read. @throws Refusal VALIDATION_FAILED, PAYLOAD_TOO_LARGE */
  assertShape: (req: Request, search: string): void => {
    const fault = searchFault(search);
    if (fault !== undefined) throw malformed('The query is not spelt plainly.', [{ pointer: '/query', detail: fault }]);
    const coding = req.headers['transfer-encoding'];
    if (coding !== undefined && coding.toLowerCase() !== 'chunked')
      throw malformed('This transfer coding is not understood here.', [
        { pointer: '/headers/transfer-encoding', detail: 'must be chunked' },
      ]);
    if (hasBody(req) && Number(req.headers['content-length'] ?? 0) > route.maxBodyBytes)
      throw new Refusal('PAYLOAD_TOO_LARGE', 'The body is larger than this route takes.');
  },
  /** @throws Refusal UPSTREAM_UNAVAILABLE, TIMEOUT, OVERLOADED, PAYLOAD_TOO_LARGE */
  forward: async ({ spec, url, principal, req, res }: Errand): Promise<void> => {
    const jwt = await principals(principal);
    const client = { address: req.ip, protocol: req.protocol, host: req.headers.host };
    const vouched = { principal: jwt, requestId: requestIdOf(req), traceparent: currentTrace()?.traceparent };
    req.headers = foreignHeaders(req.headers, { vouched, principal, client, pass: route.pass });
    req.url = url;
    await upstream.forward({ spec, req, res, maxBodyBytes: route.maxBodyBytes });
  },
});

export type ForeignService = ReturnType<typeof createForeignService>;
