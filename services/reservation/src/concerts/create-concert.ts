import type { Concert } from '@onsale/contracts/reservation';
import type { Database } from '@onsale/shared/db';
import type { Clock, NewId } from '@onsale/shared/ids';
import * as concerts from './concert-store.ts';

/** Announces a concert; its dates follow one by one. */
export const createConcert =
  ({ db, clock, newId }: { db: Database; clock: Clock; newId: NewId }) =>
  async (about: Omit<Concert, 'id' | 'createdAt'>): Promise<Concert> => {
    const concert = { id: newId(), ...about, createdAt: clock.now().toISOString() };
    await concerts.insert(db, concert);
    return concert;
  };
