import type { DataPart, DataSection } from '@onsale/contracts';
import type { Trx } from '../db/index.ts';

/** The newest rows that are kept of a member, `limit` at most. */
export type SectionReader = (trx: Trx, wanted: { readonly memberId: string; readonly limit: number }) => Promise<readonly object[]>;

/** A reservation of eight seats takes 1 KiB; a message may have 512. */
const ROWS_OF_PART = 100;

interface Wanted {
  readonly exportId: string;
  readonly memberId: string;
  /** Rows of a section. */
  readonly most: number;
}

/** One section as it travels: in parts of a hundred rows, one where there is nothing, so that its end is seen. */
const sectionParts = (exportId: string, section: DataSection, rows: readonly object[], most: number): DataPart[] => {
  const kept = rows.slice(0, most);
  const parts = Math.max(1, Math.ceil(kept.length / ROWS_OF_PART));
  return Array.from({ length: parts }, (_, at) => ({
    exportId,
    section,
    part: at + 1,
    parts,
    truncated: rows.length > most,
    items: kept.slice(at * ROWS_OF_PART, (at + 1) * ROWS_OF_PART).map((row) => ({ ...row })),
  }));
};

/** What is kept of a member, read in one transaction. */
export const partsOf = async (
  trx: Trx,
  sections: Readonly<Partial<Record<DataSection, SectionReader>>>,
  { exportId, memberId, most }: Wanted,
): Promise<DataPart[]> => {
  const all: DataPart[] = [];
  for (const [section, read] of Object.entries(sections) as [DataSection, SectionReader][])
    all.push(...sectionParts(exportId, section, await read(trx, { memberId, limit: most + 1 }), most));
  return all;
};
