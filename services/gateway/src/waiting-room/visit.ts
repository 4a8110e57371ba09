import { QueueId } from '@onsale/contracts';
import type { Request } from 'express';
import { nextPathOf } from './next-path.ts';

/** What the address of a page says. */
export interface Visit {
  readonly queueId: string;
  /** Where to go on to. */
  readonly next: string | undefined;
  /** The first position that this visitor has seen; theirs to say, as nothing but a bar on their own page depends on it. */
  readonly first: number | undefined;
  /** The session has just been renewed: if it is over all the same, it is over. */
  readonly renewed: boolean;
}

const positionOf = (text: string | null): number | undefined => (text !== null && /^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined);

/** The visit that an address asks for, whose last word is a queue's id; `undefined` where it cannot be one. */
export const visitOf = (req: Pick<Request, 'url'>, queueId: string): Visit | undefined => {
  if (!QueueId.safeParse(queueId).success) return undefined;
  const at = req.url.indexOf('?');
  const query = new URLSearchParams(at === -1 ? '' : req.url.slice(at));
  return {
    queueId,
    next: nextPathOf(query.get('next')),
    first: positionOf(query.get('first')),
    renewed: query.has('renewed'),
  };
};
