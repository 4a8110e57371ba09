import type { DataExport } from '@onsale/contracts/commerce';
import type { Database } from '@onsale/shared/db';
import { notFound } from '@onsale/shared/errors';
import { findExport } from './export-store.ts';
import { viewExport } from './view-export.ts';

/** What has been gathered of the member. @throws Refusal NOT_FOUND for one that has expired, is unknown, or is another member's */
export const readExport =
  ({ db }: { db: Database }) =>
  async (wanted: { memberId: string; id: string }): Promise<DataExport> => {
    const found = await findExport(db, wanted);
    if (found === undefined) throw notFound('export');
    return viewExport(db, found);
  };
