import type { WebSocket } from 'ws';
import { createMailbox } from './mailbox.ts';
import { CLOSING_MS, type Ending, type Reader } from './reader.ts';

/** RFC 6455 and the registry of close codes: normal, policy violation, service restart. */
const CODE = { over: 1000, refused: 1008, leaving: 1012 } as const;
const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;
/** Frames that a reader may send between two beats: it has nothing to say but to answer ours. */
const MOST_FRAMES = 32;

const reasonOf = (ending: Ending): string => {
  switch (ending.why) {
    case 'over':
      return ending.status.status;
    case 'refused':
      return ending.code;
    case 'leaving':
      return `retry=${ending.retryMs}`;
  }
};

interface SocketReaderOptions {
  readonly socket: WebSocket;
  readonly monotonic: () => number;
}

/**
 * Each status is one text frame. What the reader sends is ignored, and too much of it ends the stream. Its pings are answered while nothing else is on its
 * way, as it need not read the answers (`autoPong` of the server is off: they would pile up).
 */
export const openSocketReader = ({ socket, monotonic }: SocketReaderOptions): Reader => {
  const mailbox = createMailbox({ monotonic, write: (text, done) => socket.send(text, done) });
  let answered = true;
  let frames = 0;

  const close = (code: number, reason: string): void => {
    const cut = setTimeout(() => socket.terminate(), CLOSING_MS);
    socket.once('close', () => clearTimeout(cut));
    socket.close(code, reason);
  };
  const heard = (): void => {
    frames += 1;
    if (frames === MOST_FRAMES) close(POLICY_VIOLATION, 'TOO_MANY_FRAMES');
  };

  socket.on('error', () => {}); // a broken frame: `ws` closes by itself
  socket.on('message', heard);
  socket.on('pong', () => {
    answered = true;
    heard();
  });
  socket.on('ping', (data) => {
    heard();
    if (mailbox.isFree() && frames < MOST_FRAMES) socket.pong(data);
  });

  return {
    kind: 'websocket',
    tell: (status) => mailbox.put(JSON.stringify(status)),
    beat: () => {
      const alive = answered;
      frames = 0;
      if (!mailbox.isFree()) return alive; // what was not asked is not missed
      answered = false;
      socket.ping();
      return alive;
    },
    stalledMs: mailbox.stalledMs,
    end: (ending) => {
      if (ending.why === 'over') socket.send(JSON.stringify(ending.status));
      close(CODE[ending.why], reasonOf(ending));
    },
    cut: () => {
      socket.close(TRY_AGAIN_LATER); // seen by a reader that was only slow
      socket.terminate();
    },
  };
};
