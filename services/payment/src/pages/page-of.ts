import { Refusal } from '@onsale/shared/errors';

/** One page of a list, as the contract's `page()` has it. */
export interface Page<T> {
  readonly items: T[];
  readonly nextCursor?: string;
}

/**
 * A page out of `limit + 1` rows that were asked for: the further one only tells that there is more. `cursorOf` names the last item shown.
 */
export const pageOf = <Row, T>(
  rows: readonly Row[],
  limit: number,
  { itemOf, cursorOf }: { itemOf: (row: Row) => T; cursorOf: (row: Row) => string },
): Page<T> => {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(itemOf), ...(rows.length > limit && last !== undefined ? { nextCursor: cursorOf(last) } : {}) };
};

/** A cursor that was not given out by us. */
export const malformedCursor = (): Refusal =>
  new Refusal('VALIDATION_FAILED', 'The cursor is not one of a page of this list.', {
    errors: [{ pointer: '/query/cursor', detail: 'must be the nextCursor of a page' }],
  });
