import { Agent, request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** `undefined` for an answer without a body. */
  readonly json: Record<string, unknown> | undefined;
}

export interface CallOptions {
  readonly headers?: OutgoingHttpHeaders;
  /** An object is sent as JSON. */
  readonly body?: object | string;
  /** Aborted: the client goes. */
  readonly signal?: AbortSignal;
}

/** A client that sends exactly what it is told: spelling of headers, `Expect`, paths that a browser would mend. */
export const caller = (baseUrl: string) => {
  const agent = new Agent({ keepAlive: true });
  const { hostname, port } = new URL(baseUrl);

  const call = (method: string, path: string, { headers = {}, body, signal }: CallOptions = {}): Promise<Answered> =>
    new Promise((resolve, reject) => {
      const text = typeof body === 'object' ? JSON.stringify(body) : body;
      const typed = typeof body === 'object' ? { 'content-type': 'application/json' } : {};
      const length = text === undefined || 'transfer-encoding' in headers ? {} : { 'content-length': Buffer.byteLength(text) };
      const sent = request({
        agent,
        hostname,
        port,
        method,
        path,
        headers: { ...typed, ...length, ...headers },
        ...(signal && { signal }),
      });
      sent.once('error', reject);
      sent.once('response', (res) => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk: Buffer) => chunks.push(chunk));
        res.once('error', reject);
        res.once('end', () => {
          const read = Buffer.concat(chunks).toString();
          const isJson = read !== '' && /json/.test(res.headers['content-type'] ?? '');
          resolve({
            status: res.statusCode ?? 0,
            headers: res.headers,
            text: read,
            json: isJson ? (JSON.parse(read) as Record<string, unknown>) : undefined,
          });
        });
      });
      if (headers['expect'] === undefined && headers['Expect'] === undefined) sent.end(text);
      else sent.once('continue', () => sent.end(text));
    });

  return { call, stop: () => agent.destroy() };
};

export type Caller = ReturnType<typeof caller>;
