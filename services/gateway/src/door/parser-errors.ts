import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { STATUS_CODES } from 'node:http';
import { Refusal } from '@onsale/shared/errors';
import { meaningOf, problemOf } from '@onsale/shared/http';
import { newId } from '@onsale/shared/ids';

const refusalOf = (code: string | undefined): Refusal => {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new Refusal('PAYLOAD_TOO_LARGE', 'The headers are larger than is taken here.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Refusal('VALIDATION_FAILED', 'The request did not come whole in time.');
    default:
      return new Refusal('VALIDATION_FAILED', 'This is not HTTP as it is spoken here.');
  }
};

const messageOf = (refusal: Refusal): string => {
  const requestId = newId();
  const { status } = meaningOf(refusal.code);
  const body = JSON.stringify(problemOf(refusal, requestId));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'content-type: application/problem+json; charset=utf-8',
    'cache-control: no-store',
    'x-content-type-options: nosniff',
    `x-request-id: ${requestId}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
};

/**
 * What never becomes a request (broken syntax, too many headers, a client that is too slow) is answered with a problem as well, unless an
 * answer has begun on that connection; then it is cut. An `Expect` that we do not know is ignored, as RFC 9110 allows.
 */
export const answerParserErrors = (server: Server): void => {
  const answering = new WeakMap<Socket, ServerResponse>();
  server.on('request', (req: IncomingMessage, res: ServerResponse) => answering.set(req.socket, res));
  server.on('checkExpectation', (req: IncomingMessage, res: ServerResponse) => server.emit('request', req, res));
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const begun = answering.get(socket);
    const free = begun === undefined || begun.writableFinished || !begun.headersSent;
    if (socket.writable && free && error.code !== 'ECONNRESET') socket.write(messageOf(refusalOf(error.code)));
    socket.destroySoon();
  });
};
