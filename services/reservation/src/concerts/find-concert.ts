import type { Concert } from '@onsale/contracts/reservation';
import type { Queryable } from '@onsale/shared/db';
import { notFound } from '@onsale/shared/errors';
import * as concerts from './concert-store.ts';

/** @throws Refusal NOT_FOUND */
export const findConcert = async (db: Queryable, id: string): Promise<Concert> => {
  const concert = await concerts.find(db, id);
  if (concert === undefined) throw notFound('concert');
  return concert;
};
