import { describe, expect, it } from '@jest/globals';
import { pageOf } from './page-of.ts';

const page = (rows: number[], limit: number) => pageOf(rows, limit, { itemOf: (row) => row * 10, cursorOf: String });

describe('pageOf', () => {
  it('tells of a next page when there was one row more than asked for', () => {
    expect(page([1, 2, 3], 2)).toEqual({ items: [10, 20], nextCursor: '2' });
  });

  it('leaves the cursor out on the last page, full or empty', () => {
    expect(page([1, 2], 2)).toEqual({ items: [10, 20] });
    expect(page([], 2)).toEqual({ items: [] });
  });
});
