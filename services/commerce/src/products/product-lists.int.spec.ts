import type { CallProblem } from '@onsale/contracts';
import * as contract from '@onsale/contracts/commerce';
import { newId } from '@onsale/shared/ids';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { listOnSale } from './product-list-store.ts';
import { startCommerce, type Commerce } from '../testing/start-commerce.ts';

let commerce: Commerce;

/** In the order in which they are made; two cost the same. */
const catalogue = [
  ['Écharpe rouge', 300],
  ['blue scarf', 100],
  ['Red lamp', 200],
  ['a Lamp, blue', 200],
  ['Ticket 2027/B', 50],
] as const;
const ids = new Map<string, string>();
beforeAll(async () => {
  commerce = await startCommerce();
  for (const [name, price] of catalogue) {
    const { id } = await commerce.operator.call(contract.createProduct, { body: { name, price, stock: 1 }, idempotencyKey: newId() });
    ids.set(name, id);
  }
  await commerce.operator.call(contract.createProduct, {
    body: { name: 'Red lamp off sale', price: 1, stock: 1, onSale: false },
    idempotencyKey: newId(),
  });
});
afterAll(() => commerce.stop());

const list = (query: Record<string, string | number>) => commerce.anonymous.call(contract.listProducts, { query });
const named = async (query: Record<string, string | number>) => (await list(query)).items.map(({ name }) => name);
/** Page by page, `limit` at a time. */
const paged = async (query: Record<string, string | number>, limit: number): Promise<string[]> => {
  const names: string[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await list({ ...query, limit, ...(cursor !== undefined && { cursor }) });
    names.push(...page.items.map(({ name }) => name));
    if (page.nextCursor === undefined) return names;
    cursor = page.nextCursor;
  }
};

describe('the list of products', () => {
  it.each([
    ['newest', ['Ticket 2027/B', 'a Lamp, blue', 'Red lamp', 'blue scarf', 'Écharpe rouge']],
    ['name', ['a Lamp, blue', 'blue scarf', 'Écharpe rouge', 'Red lamp', 'Ticket 2027/B']],
    ['price', ['Ticket 2027/B', 'blue scarf', 'Red lamp', 'a Lamp, blue', 'Écharpe rouge']],
    ['-price', ['Écharpe rouge', 'a Lamp, blue', 'Red lamp', 'blue scarf', 'Ticket 2027/B']],
  ])('has by %s each that is on sale once, whatever the size of a page', async (sort, wanted) => {
    expect(await named({ sort })).toEqual(wanted);
    for (const limit of [1, 2, 3]) expect(await paged({ sort }, limit)).toEqual(wanted);
  });

  it.each([
    ['lamp', ['a Lamp, blue', 'Red lamp']],
    ['LA', ['a Lamp, blue', 'Red lamp']],
    ['lamp blue', ['a Lamp, blue']],
    ['echarpe', ['Écharpe rouge']],
    ['2027', ['Ticket 2027/B']],
    ['amp', []],
    ['lamp%', ['a Lamp, blue', 'Red lamp']],
    ['_amp', []],
  ])('finds by the beginnings of words: %s', async (search, wanted) => {
    expect(await named({ search, sort: 'name' })).toEqual(wanted);
    expect(await paged({ search, sort: 'name' }, 1)).toEqual(wanted);
  });

  it('goes on behind the last one shown when that one has gone, and shows nothing twice when another comes', async () => {
    const first = await list({ sort: 'price', limit: 2, search: 'l' });
    expect(first.items.map(({ name }) => name)).toEqual(['Red lamp', 'a Lamp, blue']);
    const part = await list({ sort: 'name', limit: 2 });
    const patch = (onSale: boolean) =>
      commerce.operator.call(contract.changeProduct, { params: { id: ids.get('blue scarf')! }, body: { onSale } });
    await patch(false);
    try {
      const rest = await list({ sort: 'name', limit: 2, cursor: part.nextCursor! });
      expect(rest.items.map(({ name }) => name)).toEqual(['Écharpe rouge', 'Red lamp']);
      expect(await named({ sort: 'name', search: 'scarf' })).toEqual([]);
      expect(await commerce.anonymous.call(contract.readProduct, { params: { id: ids.get('blue scarf')! } })).toMatchObject({
        onSale: false,
      });
    } finally {
      await patch(true);
    }
    expect(await named({ sort: 'name', search: 'scarf' })).toEqual(['blue scarf']);
  });

  it.each(['newest', 'name', 'price', '-price'] as const)(
    'reads of %s no more than its page: the index begins behind the cursor',
    async (sort) => {
      const statements: { sql: string; bindings: readonly unknown[] }[] = [];
      const heard = (query: { sql: string; bindings: readonly unknown[] }): void => void statements.push(query);
      const after = { id: ids.get('Red lamp')!, ...(sort === 'newest' ? {} : { key: sort === 'name' ? 'Red lamp' : 200 }) };
      commerce.db.on('query', heard);
      const rows = await listOnSale(commerce.db, { sort, words: [], after, limit: 3 }).finally(() => commerce.db.off('query', heard));
      expect(rows).not.toEqual([]);
      const { sql, bindings } = statements.find((statement) => statement.sql.includes('products AS p'))!;
      const [plan] = (await commerce.db.raw(`EXPLAIN FORMAT=TRADITIONAL ${sql}`, [...(bindings as string[])])) as [
        { type: string; Extra: string }[],
      ];
      expect(plan).toMatchObject([{ type: 'range', Extra: expect.not.stringContaining('filesort') }]);
    },
  );

  it('is found by its new name when it was renamed, and not by the old one', async () => {
    const { id } = await commerce.operator.call(contract.createProduct, {
      body: { name: 'Old chair', price: 1_000_000, stock: 1 },
      idempotencyKey: newId(),
    });
    await commerce.operator.call(contract.changeProduct, { params: { id }, body: { name: 'New bench bench', onSale: true } });
    expect([await named({ search: 'chair' }), await named({ search: 'bench' })]).toEqual([[], ['New bench bench']]);
    await commerce.operator.call(contract.changeProduct, { params: { id }, body: { onSale: false } });
  });

  it('refuses the cursor of another sort, and a search without a word', async () => {
    const { nextCursor } = await list({ sort: 'price', limit: 1 });
    const problem = async (query: Record<string, string>) =>
      (await list(query).catch((error: unknown) => error as CallProblem)) as CallProblem;
    expect(await problem({ sort: 'name', cursor: nextCursor! })).toMatchObject({ problem: { errors: [{ pointer: '/query/cursor' }] } });
    expect(await problem({ search: '-- %' })).toMatchObject({ problem: { errors: [{ pointer: '/query/search' }] } });
    expect(await problem({ search: 'one two three four five six' })).toMatchObject({ problem: { errors: [{ pointer: '/query/search' }] } });
    expect(await problem({ sort: 'stock' })).toMatchObject({ problem: { errors: [{ pointer: '/query/sort' }] } });
  });

  it('has all of them for operators, newest first, with what is not on sale', async () => {
    const names: string[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await commerce.operator.call(contract.listAllProducts, { query: { limit: 2, ...(cursor !== undefined && { cursor }) } });
      names.push(...page.items.map(({ name }) => name));
      if (page.nextCursor === undefined) break;
      cursor = page.nextCursor;
    }
    expect(names.slice(-6)).toEqual(['Red lamp off sale', ...catalogue.map(([name]) => name).toReversed()]);
  });
});
