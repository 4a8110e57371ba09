import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { forgetRequests, isFollowed } from '../door/pipeline.ts';

/** What node:http keeps of a connection beside its public face. */
interface HttpParser {
  unconsume?: () => void;
  remove?: () => void;
  close?: () => void;
  incoming?: unknown;
  outgoing?: unknown;
  socket?: unknown;
  onIncoming?: unknown;
}
type HttpSocket = Socket & { parser?: HttpParser | null };

/** Of the server, which would read the next request, or close. */
const SERVERS = ['data', 'end', 'close', 'drain', 'error', 'timeout', 'pause', 'resume'] as const;

// not made where request and answer are at hand, which they would keep
const ignore = (): void => {};
/** The server lets a client close its half. */
function destroy(this: Socket): void {
  this.destroy();
}

/** As node does for an upgrade: nothing is parsed any more, and the server's watch over slow requests is told. */
const freeParser = (socket: HttpSocket): void => {
  const { parser } = socket;
  if (parser === undefined || parser === null) return;
  parser.unconsume?.();
  parser.remove?.();
  Object.assign(parser, { incoming: null, outgoing: null, socket: null, onIncoming: null });
  socket.parser = null;
  setImmediate(() => parser.close?.()); // not while it may be at work
};

/**
 * Ends the answer for all that have to do with requests, and hands its connection over, which goes on: what has been written is the head, and what
 * comes is the body, to the end of the connection. A stream needs nothing of request and answer for its minutes, and they are two thirds of what it
 * would cost (10,000 of them 130 MB). Resolves when the head has been taken from this process; `undefined` when the client has gone, or has sent
 * another request behind this one, which is no way to ask for an answer without an end: the connection is cut then.
 */
export const takeSocket = (req: IncomingMessage, res: ServerResponse): Promise<Socket | undefined> =>
  new Promise((resolve) => {
    const socket: HttpSocket = req.socket;
    const gone = (): void => resolve(undefined);
    res.once('close', gone);
    res.removeAllListeners('finish'); // the server's: it would close the connection
    res.once('finish', () => {
      if (isFollowed(req)) return void socket.destroy(); // the server sees to those behind it, which nobody could answer any more
      res.off('close', gone);
      for (const event of SERVERS) socket.removeAllListeners(event);
      res.detachSocket(socket);
      freeParser(socket);
      forgetRequests(socket);
      socket.setTimeout(0);
      socket.on('error', ignore);
      socket.on('end', destroy);
      socket.resume();
      res.emit('close'); // measured and logged as what it was: the opening
      resolve(socket.destroyed ? undefined : socket);
    });
    res.end();
  });
