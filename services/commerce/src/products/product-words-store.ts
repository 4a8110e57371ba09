import type { Trx } from '@onsale/shared/db';
import { idToBytes } from '@onsale/shared/ids';
import { wordsOf } from './product-words.ts';

/** Lets a product be found by the words of its name, and by no others. Words that differ by case or accents alone are one to the table. */
export const setWords = async (trx: Trx, { id, name }: { readonly id: string; readonly name: string }): Promise<void> => {
  const product_id = idToBytes(id);
  await trx('product_words').where({ product_id }).delete();
  const rows = wordsOf(name).map((word) => ({ word, product_id }));
  if (rows.length > 0) await trx('product_words').insert(rows).onConflict().ignore();
};
