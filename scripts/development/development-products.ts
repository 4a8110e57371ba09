import type { BodyOf } from '@onsale/contracts';
import { createProduct, listAllProducts, listProducts } from '@onsale/contracts/commerce';
import { newId } from '@onsale/shared/ids';
import { allPages } from './all-pages.ts';
import type { Making } from './making.ts';

/** README's commands choose the first by its name. */
const products: BodyOf<typeof createProduct>[] = [
  { name: 'Signed print, one of a hundred', price: 60_000, stock: 100, perMemberLimit: 2 },
  { name: 'Festival poster', price: 15_000, stock: 1_000 },
  { name: 'Tour shirt', price: 35_000, stock: 500 },
];

/** Puts products on sale, those of these names that there are not yet, on sale or not. @returns their names */
export async function makeProducts({ client, operatorToken, say }: Making): Promise<string[]> {
  const missingOf = (known: { name: string }[]) => products.filter(({ name }) => !known.some((product) => product.name === name));
  if (missingOf(await allPages((query) => client.call(listProducts, { query }))).length === 0) return [];
  const accessToken = await operatorToken();
  const made = missingOf(await allPages((query) => client.call(listAllProducts, { accessToken, query })));
  for (const body of made) {
    say(body.name);
    await client.call(createProduct, { accessToken, idempotencyKey: newId(), body });
  }
  return made.map(({ name }) => name);
}
