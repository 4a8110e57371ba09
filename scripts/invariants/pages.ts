/** Rows of one statement. */
export const PAGE = 2_000;

interface Paged {
  readonly id: Buffer;
}

/** All rows of a query that reads from the one after `above` on, `PAGE` at a time: a large table is neither held in memory nor locked. */
export async function* pagesOf<R extends Paged>(read: (above: Buffer) => Promise<R[]>): AsyncGenerator<R[]> {
  for (let above: Buffer = Buffer.alloc(0); ;) {
    const rows = await read(above);
    if (rows.length > 0) yield rows;
    if (rows.length < PAGE) return;
    above = rows.at(-1)!.id;
  }
}
