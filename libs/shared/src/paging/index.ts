import { Refusal } from '../errors/index.ts';
import type { z } from 'zod';

/** A cursor as clients see it: the sort key of a page's last row, opaque so that nobody builds on what it holds. */
export const encodeCursor = (key: unknown): string => Buffer.from(JSON.stringify(key)).toString('base64url');

const parsed = (cursor: string): unknown => {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
};

/** The sort key after which a page begins; undefined for the first page. @throws Refusal VALIDATION_FAILED when the cursor is not one of this list */
export const decodeCursor = <S extends z.ZodType>(schema: S, cursor: string | undefined): z.output<S> | undefined => {
  if (cursor === undefined) return undefined;
  const key = schema.safeParse(parsed(cursor));
  if (key.success) return key.data;
  throw new Refusal('VALIDATION_FAILED', 'The cursor is not one of this list.', {
    errors: [{ pointer: '/query/cursor', detail: 'take it from nextCursor, or leave it out' }],
  });
};

/** One page of a list, as the contract's `page()` has it. */
export interface Page<T> {
  readonly items: T[];
  readonly nextCursor?: string;
}

/** A page made of one row more than was asked for: that one says that there is another page. */
export const pageOf = <T, V>(
  rows: readonly T[],
  { limit, keyOf, view }: { limit: number; keyOf: (row: T) => unknown; view: (row: T) => V },
): Page<V> => {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(view),
    ...(rows.length > limit && last !== undefined ? { nextCursor: encodeCursor(keyOf(last)) } : {}),
  };
};
