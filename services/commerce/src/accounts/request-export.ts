import type { DataExport } from '@onsale/contracts/commerce';
import { memberDataRequested } from '@onsale/contracts/commerce';
import { inTransaction, type Database } from '@onsale/shared/db';
import { Refusal } from '@onsale/shared/errors';
import type { NewId } from '@onsale/shared/ids';
import { partsOf } from '@onsale/shared/member-data';
import { eventOf, type Outbox } from '@onsale/shared/outbox';
import { lockMember } from '../members/member-store.ts';
import { findExport, insertExport, insertParts } from './export-store.ts';
import { ownData } from './own-data.ts';
import { outlineExport } from './view-export.ts';

interface Deps {
  readonly db: Database;
  readonly newId: NewId;
  readonly outbox: Outbox;
  readonly policy: { readonly lifeSeconds: number; readonly most: number };
}

/**
 * Begins to gather what the fleet keeps of a member: what is kept here at once, the rest by an event that every owner answers. A member has one export at a time:
 * asked again before it expires, this answers with that one, and without its data. @throws Refusal UNAUTHENTICATED
 */
export const requestExport =
  ({ db, newId, outbox, policy: { lifeSeconds, most } }: Deps) =>
  async (memberId: string): Promise<DataExport> => {
    const found = await inTransaction(db, async (trx) => {
      const member = await lockMember(trx, memberId); // two requests at once come one after the other
      if (member === undefined) throw new Refusal('UNAUTHENTICATED', 'The member of this session is no more.');
      const known = await findExport(trx, { memberId });
      if (known !== undefined) return known;
      const id = newId();
      await insertExport(trx, { id, memberId, lifeSeconds });
      await insertParts(trx, await partsOf(trx, ownData, { exportId: id, memberId, most }));
      await outbox.add(trx, eventOf(memberDataRequested, { subject: id, data: { exportId: id, memberId, most } }));
      return (await findExport(trx, { memberId }))!;
    });
    return outlineExport(db, found);
  };
