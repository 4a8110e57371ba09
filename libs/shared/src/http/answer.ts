/** What a door answers with, before it is written. */
export interface Answer<B = unknown> {
  readonly status: number;
  readonly body: B;
  readonly headers: Readonly<Record<string, string>>;
}

/** 200; with an `etag` (unquoted), a client that has this version gets 304. */
export const ok = <B>(body: B, { etag, headers = {} }: { etag?: string; headers?: Record<string, string> } = {}): Answer<B> => ({
  status: 200,
  body,
  headers: etag === undefined ? headers : { ...headers, etag: `"${etag}"` },
});

/** 201, with where the new resource is read. */
export const created = <B>(body: B, { location }: { location?: string } = {}): Answer<B> => ({
  status: 201,
  body,
  headers: location === undefined ? {} : { location },
});

/** 202: under way; read `location` after `retryAfterSeconds`. */
export const accepted = <B>(body: B, { location, retryAfterSeconds }: { location: string; retryAfterSeconds: number }): Answer<B> => ({
  status: 202,
  body,
  headers: { location, 'retry-after': String(retryAfterSeconds) },
});

/** 204. */
export const noContent = (): Answer<undefined> => ({ status: 204, body: undefined, headers: {} });

export const isAnswer = (value: unknown): value is Answer =>
  typeof value === 'object' && value !== null && 'status' in value && 'headers' in value && 'body' in value;
