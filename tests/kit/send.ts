import { once } from 'node:events';
import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

export interface RawRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The body goes without its length being announced. */
  readonly chunked?: boolean;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

const TIMEOUT_MS = 20_000;

const framingOf = ({ body, chunked = false }: RawRequest): Record<string, string> => {
  if (body === undefined) return {};
  return chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(Buffer.byteLength(body)) };
};

/** Sends exactly what it is given: `fetch` takes no body with GET, and always announces its length. @throws when no answer came in 20 s */
export const send = async (raw: RawRequest): Promise<RawAnswer> => {
  const { url, method, headers, body } = raw;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const asked = request(url, { method, headers: { ...headers, ...framingOf(raw) }, agent: false, signal });
  const answered = once(asked, 'response');
  asked.end(body);
  const [answer] = (await answered) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, headers: answer.headers, text: await text(answer) };
};
