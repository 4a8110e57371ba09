import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { STATUS_CODES } from 'node:http';
import { Refusal } from '@onsale/shared/errors';
import { meaningOf, problemOf } from '@onsale/shared/http';
import { newId } from '@onsale/shared/ids';
import { latestOf, noteRequests } from './pipeline.ts';

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
 * Whether what is written now is read as the answer to the broken bytes, and not to a request that they came behind: when nothing else is
 * under way, or when they break off the body of the request whose turn it is, which nobody can have taken for whole.
 */
const mayAnswer = (socket: Socket): boolean => {
  const last = latestOf(socket);
  if (last === undefined || last.res.writableFinished) return true;
  const { req, res } = last;
  return !req.complete && res.socket === socket && !res.headersSent;
};

/**
 * What never becomes a request (broken syntax, too many headers, a client that is too slow) is answered with a problem as well, unless
 * another request of that connection still waits for its answer; then the connection is cut. An `Expect` that we do not know is ignored, as
 * RFC 9110 allows.
 */
export const answerParserErrors = (server: Server): void => {
  noteRequests(server);
  server.on('checkExpectation', (req: IncomingMessage, res: ServerResponse) => server.emit('request', req, res));
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const heard = socket.writable && error.code !== 'ECONNRESET';
    if (heard && mayAnswer(socket)) socket.write(messageOf(refusalOf(error.code)));
    socket.destroySoon();
  });
};
