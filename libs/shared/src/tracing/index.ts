import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

/** What ties the logs and messages of one request together, over HTTP, outbox and Kafka (W3C Trace Context). */
export interface Trace {
  readonly traceparent: string;
  readonly traceId: string;
  readonly requestId?: string;
}

const FORM = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** The span is made when somebody first wants to know it: most requests log nothing and call nobody. */
interface Span {
  readonly traceparent: string | undefined;
  readonly requestId: string | undefined;
  trace: Trace | undefined;
}
const storage = new AsyncLocalStorage<Span>();

/** The trace that the running code belongs to. */
export const currentTrace = (): Trace | undefined => {
  const span = storage.getStore();
  return span && (span.trace ??= childTrace(span.traceparent, span.requestId));
};

/** Node draws these for 128 at once, and bytes by a call of the kernel each. */
const hex32 = (): string => randomUUID().replaceAll('-', '');

/** A span of the given trace, or of a new one where `traceparent` is absent or malformed. */
export const childTrace = (traceparent: string | undefined, requestId?: string): Trace => {
  const parent = traceparent === undefined ? null : FORM.exec(traceparent);
  const known = parent !== null && !/^0+$/.test(parent[1]!) && !/^0+$/.test(parent[2]!);
  const traceId = known ? parent[1]! : hex32();
  const flags = known ? parent[3]! : '01';
  return {
    traceparent: `00-${traceId}-${hex32().slice(16)}-${flags}`,
    traceId,
    ...(requestId === undefined ? {} : { requestId }),
  };
};

/** Runs `fn`, and all that it awaits, as a span of the given trace. */
export const withTrace = <T>(traceparent: string | undefined, fn: () => T, requestId?: string): T =>
  storage.run({ traceparent, requestId, trace: undefined }, fn);
