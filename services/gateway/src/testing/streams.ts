import { once } from 'node:events';
import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';

export interface HeardEvent {
  readonly event: string;
  readonly id?: string;
  readonly data: Record<string, unknown>;
}

const fieldsOf = (block: string): Map<string, string> =>
  new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]));

/** Reads server-sent events as a browser does, one `data` line each, and keeps what it has heard. Comments have no name. */
const reading = (answer: IncomingMessage) => {
  const heard = { events: [] as HeardEvent[], retries: [] as number[], comments: 0, ended: false };
  let text = '';
  answer.setEncoding('utf8');
  answer.on('data', (chunk: string) => {
    const blocks = (text + chunk).split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      // a retry stands before the event that it came with, or by itself
      const fields = fieldsOf(block);
      const [event, id, data, retry] = ['event', 'id', 'data', 'retry'].map((name) => fields.get(name));
      if (fields.has('')) heard.comments += 1;
      if (retry !== undefined) heard.retries.push(Number(retry));
      if (event !== undefined && data !== undefined)
        heard.events.push({ event, data: JSON.parse(data) as Record<string, unknown>, ...(id !== undefined && { id }) });
    }
  });
  answer.on('error', () => {});
  answer.on('close', () => {
    heard.ended = true;
  });
  return heard;
};

/** What a request to open a stream was answered with, when it was not the stream. */
export interface NotOpened {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly json: Record<string, unknown> | undefined;
}

const notOpened = async (answer: IncomingMessage): Promise<NotOpened> => {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return {
    status: answer.statusCode ?? 0,
    headers: answer.headers,
    json: text === '' ? undefined : (JSON.parse(text) as NotOpened['json']),
  };
};

/** Opens a stream of server-sent events; `refused` is there when it did not open. */
export const openEvents = async (url: string, headers: Record<string, string> = {}) => {
  const asked = request(url, { headers, agent: false });
  asked.on('error', () => {});
  asked.end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  const isStream = answer.statusCode === 200;
  const heard = isStream ? reading(answer) : { events: [], retries: [], comments: 0, ended: true };
  return {
    heard,
    headers: answer.headers,
    refused: isStream ? undefined : await notOpened(answer),
    statuses: () => heard.events.filter(({ event }) => event === 'status').map(({ data }) => data),
    /** Takes nothing more from the connection, which stays open. */
    stopReading: () => answer.pause(),
    close: () => asked.destroy(),
  };
};

/** Opens one by WebSocket; `refused` is there when the upgrade was not granted. */
export const openSocket = async (url: string, headers: Record<string, string> = {}, options: { readonly autoPong?: boolean } = {}) => {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), { headers, ...options });
  const heard = { statuses: [] as Record<string, unknown>[], pings: 0, closed: undefined as { code: number; reason: string } | undefined };
  socket.on('message', (data: Buffer) => heard.statuses.push(JSON.parse(data.toString()) as Record<string, unknown>));
  socket.on('ping', () => (heard.pings += 1));
  socket.on('close', (code, reason) => (heard.closed = { code, reason: reason.toString() }));
  socket.on('error', () => {});
  const refused = await new Promise<NotOpened | undefined>((resolve, reject) => {
    socket.once('open', () => resolve(undefined));
    socket.once('unexpected-response', (_asked, answer) => void notOpened(answer).then(resolve, reject));
  });
  return { heard, refused, socket, statuses: () => heard.statuses, close: () => socket.terminate() };
};

export type OpenEvents = Awaited<ReturnType<typeof openEvents>>;
export type OpenSocket = Awaited<ReturnType<typeof openSocket>>;
