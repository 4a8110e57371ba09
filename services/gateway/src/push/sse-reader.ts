import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { QueueStatus } from '@onsale/contracts/queue';
import { createMailbox } from './mailbox.ts';
import { CLOSING_MS, isOver, retryAfterBreakMs, type Ending, type Reader } from './reader.ts';

/** What `Last-Event-ID` says when this reader has heard the end of its place: its browser comes back once after every end, and is told 204 then. */
const endOf = ({ number, status }: QueueStatus): string => `${number}.${status}`;

/** Whether a reader that comes back has heard that this place has ended. */
export const hasHeardEnd = (lastEventId: string | undefined, status: QueueStatus): boolean =>
  isOver(status) && lastEventId === endOf(status);

const eventOf = (status: QueueStatus): string => {
  const id = isOver(status) ? `id: ${endOf(status)}\n` : '';
  return `event: status\n${id}data: ${JSON.stringify(status)}\n\n`;
};

const lastOf = (ending: Ending): string => {
  switch (ending.why) {
    case 'over':
      return `${eventOf(ending.status)}event: end\ndata: ${JSON.stringify({ reason: ending.status.status })}\n\n`;
    case 'refused':
      return `event: end\ndata: ${JSON.stringify({ reason: ending.code })}\n\n`;
    case 'leaving':
      return `retry: ${ending.retryMs}\n\n`;
  }
};

/** What the answer begins with. Its end is that of the connection; nothing between is to gather what is written (nginx: `X-Accel-Buffering`). */
export const beginEvents = (res: ServerResponse): void => {
  res.useChunkedEncodingByDefault = false;
  res.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    connection: 'close',
  });
};

interface SseReaderOptions {
  /** The connection behind an answer that has begun. */
  readonly socket: Socket;
  readonly monotonic: () => number;
}

/** Writes events into the answer that has no end. */
export const openSseReader = ({ socket, monotonic }: SseReaderOptions): Reader => {
  const mailbox = createMailbox({ monotonic, write: (text, done) => void socket.write(text, done) });
  let isFirst = true;
  /** Told with the first event. */
  const retry = (): string => {
    const hint = isFirst ? `retry: ${retryAfterBreakMs()}\n\n` : '';
    isFirst = false;
    return hint;
  };
  return {
    kind: 'sse',
    tell: (status) => mailbox.put(retry() + eventOf(status)),
    beat: () => {
      if (mailbox.isFree()) mailbox.put(':\n\n');
      return true; // TCP alone tells that nobody is there
    },
    stalledMs: mailbox.stalledMs,
    end: (ending) => {
      const cut = setTimeout(() => socket.destroy(), CLOSING_MS);
      socket.once('close', () => clearTimeout(cut));
      socket.write(retry() + lastOf(ending));
      socket.destroySoon();
    },
    cut: () => void socket.destroy(),
  };
};
