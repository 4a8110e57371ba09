import { Id } from '@onsale/contracts';
import * as contract from '@onsale/contracts/reservation';
import type { Database } from '@onsale/shared/db';
import { created, implement, ok, type Door } from '@onsale/shared/http';
import { decodeCursor, pageOf } from '@onsale/shared/paging';
import * as concerts from './concert-store.ts';
import type { createConcert } from './create-concert.ts';
import { findConcert } from './find-concert.ts';

interface Concerts {
  readonly db: Database;
  readonly createConcert: ReturnType<typeof createConcert>;
}

export const concertRoutes = ({ db, createConcert }: Concerts): Door[] => [
  implement(contract.listConcerts, async ({ query: { limit, cursor } }) => {
    const rows = await concerts.list(db, { limit, before: decodeCursor(Id, cursor) });
    return ok(pageOf(rows, { limit, keyOf: ({ id }) => id, view: (concert) => concert }));
  }),
  implement(contract.readConcert, async ({ params }) => ok(await findConcert(db, params.id))),
  implement(contract.createConcert, async ({ member, body }) => {
    const concert = await createConcert({ member, about: body });
    return created(concert, { location: `/api/v1/concerts/${concert.id}` });
  }),
];
