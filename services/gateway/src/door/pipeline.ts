import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

interface Latest {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

/** Of each connection the request that came last: a client may send the next before it has the answer to the one before (RFC 9112, 9.3.2). */
const latest = new WeakMap<Socket, Latest>();

export const latestOf = (socket: Socket): Latest | undefined => latest.get(socket);

/** To be called before any request comes. */
export const noteRequests = (server: Server): void => {
  server.on('request', (req: IncomingMessage, res: ServerResponse) => latest.set(req.socket, { req, res }));
};

/** Of a connection that carries no requests any more. */
export const forgetRequests = (socket: Socket): void => {
  latest.delete(socket);
};

/** Whether another request has come behind this one, and waits for its answer on the same connection. */
export const isFollowed = (req: IncomingMessage): boolean => latest.get(req.socket)?.req !== req;

/** Whether an answer is still to be written to this connection, or has not let go of it. */
export const isBusy = (socket: Socket): boolean => {
  const last = latest.get(socket);
  return last !== undefined && !(last.res.writableFinished && last.res.socket === null);
};
