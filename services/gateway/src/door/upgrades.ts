import { ServerResponse, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { malformed } from '@onsale/shared/http';
import { WebSocketServer, type WebSocket } from 'ws';
import { isBusy } from './pipeline.ts';
import type { RouteTable } from './route-table.ts';

/** A reader of ours has nothing to say. */
const MAX_PAYLOAD_BYTES = 256;

interface Upgrade {
  readonly res: ServerResponse;
  readonly socket: Duplex;
  readonly head: Buffer;
}

const pathOf = ({ url = '' }: IncomingMessage): string => url.split('?', 1)[0]!;

/**
 * The way in for WebSockets: a request to upgrade goes the way of every other request, through the same app, and is answered like one until the
 * route that speaks WebSocket accepts it. Elsewhere a wish to upgrade is ignored, as RFC 9110 allows.
 */
export const createUpgrades = ({ table }: { table: RouteTable }) => {
  const asked = new WeakMap<IncomingMessage, Upgrade>();
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_PAYLOAD_BYTES,
    autoPong: false,
    handleProtocols: () => false,
  });
  // told within `handleUpgrade`; without a listener it is answered in a way of its own
  sockets.on('wsClientError', (error) => {
    throw malformed('This is not the opening of a WebSocket.', [{ pointer: '/headers', detail: error.message }]);
  });

  const isForUs = (req: IncomingMessage): boolean => {
    if (req.method !== 'GET' || req.headers.upgrade?.toLowerCase() !== 'websocket') return false;
    if (isBusy(req.socket)) return false; // the answer to the request before it has the connection
    const match = table.match('GET', pathOf(req));
    return match.kind === 'found' && match.entry.spec.stream === 'websocket';
  };

  return {
    /** Has the server bring them; `app` answers. */
    attach: (server: Server, app: RequestListener): void => {
      Object.assign(server, { shouldUpgradeCallback: isForUs }); // an option of createServer, read for every request
      server.on('upgrade', (req, socket, head) => {
        socket.on('error', () => {}); // the client broke off
        const res = new ServerResponse(req);
        res.shouldKeepAlive = false;
        res.assignSocket(socket as Socket);
        res.once('finish', () => {
          res.detachSocket(socket as Socket);
          (socket as Socket).destroySoon();
        });
        asked.set(req, { res, socket, head });
        app(req, res);
      });
    },
    has: (req: IncomingMessage): boolean => asked.has(req),
    /** `undefined`: the client has gone. @throws Refusal VALIDATION_FAILED for what is not the opening of a WebSocket */
    accept: (req: IncomingMessage): WebSocket | undefined => {
      const { res, socket, head } = asked.get(req)!;
      let accepted: WebSocket | undefined;
      if (socket.destroyed) return undefined;
      sockets.handleUpgrade(req, socket, head, (opened) => {
        accepted = opened;
      });
      if (accepted !== undefined) res.detachSocket(socket as Socket);
      return accepted;
    },
  };
};

export type Upgrades = ReturnType<typeof createUpgrades>;
