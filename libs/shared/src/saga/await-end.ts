import type { Ends } from './create-ends.ts';

interface AwaitEnd<T> {
  readonly ends: Pick<Ends, 'wait'>;
  /** What `ends` is told of at the end. */
  readonly id: string;
  /** It began a moment ago: there is nothing to read before the wait. */
  readonly begun?: boolean;
  /** Longest wait for the end. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
  readonly read: () => Promise<T>;
  readonly isUnderWay: (resource: T) => boolean;
}

/**
 * The resource of a saga when it has ended, or as it is after `waitMs`. One that ended before is answered at once: a key that is sent again long after
 * does not wait for news that came and went.
 */
export const awaitEnd = async <T>({ ends, id, begun = false, waitMs, signal, read, isUnderWay }: AwaitEnd<T>): Promise<T> => {
  if (!begun || waitMs === 0) {
    const resource = await read();
    if (!isUnderWay(resource) || waitMs === 0) return resource;
  }
  await ends.wait(id, waitMs, signal);
  return read();
};
