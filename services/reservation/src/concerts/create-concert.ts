import type { Concert } from '@onsale/contracts/reservation';
import { insertAudit } from '@onsale/shared/audit';
import type { Member } from '@onsale/shared/auth';
import { inTransaction, type Database } from '@onsale/shared/db';
import type { Clock, NewId } from '@onsale/shared/ids';
import * as concerts from './concert-store.ts';

interface CreateConcert {
  readonly member: Member;
  readonly about: Omit<Concert, 'id' | 'createdAt'>;
}

/** An operator announces a concert, audited; its dates follow one by one. */
export const createConcert =
  ({ db, clock, newId }: { db: Database; clock: Clock; newId: NewId }) =>
  async ({ member, about }: CreateConcert): Promise<Concert> => {
    const concert = { id: newId(), ...about, createdAt: clock.now().toISOString() };
    await inTransaction(db, async (trx) => {
      await concerts.insert(trx, concert);
      await insertAudit(trx, { actor: member.id, action: 'concert.create', subject: concert.id, after: about });
    });
    return concert;
  };
