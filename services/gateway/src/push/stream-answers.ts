import { parse } from 'node:querystring';
import type { RouteSpec } from '@onsale/contracts';
import { streamStatus, streamStatusBySocket } from '@onsale/contracts/queue';
import { Refusal } from '@onsale/shared/errors';
import { validate } from '@onsale/shared/http';
import type { LocalAnswer, LocalRequest } from '../door/local-answers.ts';
import type { Upgrades } from '../door/upgrades.ts';
import { invalid } from '../gate/gate.ts';
import type { TokenChecks } from '../gate/token-checks.ts';
import type { Hub, Opening } from './hub.ts';
import { openSocketReader } from './socket-reader.ts';
import { beginEvents, hasHeardEnd, openSseReader } from './sse-reader.ts';
import { takeSocket } from './take-socket.ts';
import { foundOf } from './watches.ts';

interface StreamAnswersOptions {
  readonly hub: Hub;
  readonly checks: Pick<TokenChecks, 'check'>;
  readonly upgrades: Upgrades;
  /** Milliseconds that never go back. */
  readonly monotonic: () => number;
}

/**
 * The routes that go on. All that can be refused is refused before the stream begins, as by any other route: the access token, the queue token, a place
 * for it, and a first look at where the member stands.
 */
export const streamAnswers = ({ hub, checks, upgrades, monotonic }: StreamAnswersOptions): [RouteSpec, LocalAnswer][] => {
  /** Has `begin` open the stream when the member has a place to tell of; what was taken for it is given back unless it does. */
  const opening = async ({ access, held }: LocalRequest, begin: (opening: Opening) => Promise<boolean>): Promise<void> => {
    if (access === undefined || held === undefined) throw new Error('a stream without a token');
    const giveBack = hub.take(access.memberId);
    let begun = false;
    try {
      const askedAt = monotonic();
      const status = foundOf(held, await checks.check(held.token, held.payload));
      if (status === 'INVALID') throw invalid();
      begun = await begin({ access, held, status, askedAt, giveBack });
    } finally {
      if (!begun) giveBack();
    }
  };

  const assertFits = ({ spec, params, search }: LocalRequest): void => {
    validate(spec, { params, query: parse(search.slice(1)), body: undefined });
  };

  const bySse: LocalAnswer = (request) => {
    assertFits(request);
    const { req, res } = request;
    return opening(request, async (opening) => {
      if (req.method === 'HEAD' || hasHeardEnd(req.get('last-event-id'), opening.status)) {
        res.setHeader('cache-control', 'no-store');
        res.status(req.method === 'HEAD' ? 200 : 204).end();
        return false;
      }
      if (res.closed) return false; // gone on the way to here: no `close` would tell
      beginEvents(res);
      const socket = await takeSocket(req, res);
      if (socket === undefined) return false;
      socket.once('close', hub.add(opening, openSseReader({ socket, monotonic })));
      return true;
    });
  };

  const bySocket: LocalAnswer = (request) => {
    assertFits(request);
    const { req, res } = request;
    if (!upgrades.has(req)) {
      res.setHeader('upgrade', 'websocket');
      res.setHeader('connection', 'upgrade');
      throw new Refusal('UPGRADE_REQUIRED', 'Open this as a WebSocket; by plain HTTP the same is one step up, at `.../stream`.');
    }
    return opening(request, async (opening) => {
      const socket = upgrades.accept(req);
      if (socket === undefined) return false;
      socket.once('close', hub.add(opening, openSocketReader({ socket, monotonic })));
      return true;
    });
  };

  return [
    [streamStatus, async (request) => bySse(request)],
    [streamStatusBySocket, async (request) => bySocket(request)],
  ];
};
