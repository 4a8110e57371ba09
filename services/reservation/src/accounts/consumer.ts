import { memberDeleted } from '@onsale/contracts/commerce';
import { askNoHolds } from '@onsale/contracts/reservation';
import type { Trx } from '@onsale/shared/db';
import { eraseKeys } from '@onsale/shared/idempotency';
import { done, on, refused, type Handler } from '@onsale/shared/inbox';
import { answersDataRequests, type SectionReader } from '@onsale/shared/member-data';
import type { Outbox } from '@onsale/shared/outbox';
import * as reservations from '../holds/reservation-store.ts';
import { reservationView } from '../holds/reservation-view.ts';
import * as seats from '../seats/seat-store.ts';

/** A deletion waits for no hold: the member gives it back, pays it, or lets it lapse. */
const askHolds = async (trx: Trx, memberId: string) =>
  (await reservations.hasLive(trx, memberId)) ? refused('ACCOUNT_IN_USE', 'Seats are held, or being paid.') : done();

const ofMember: SectionReader = async (trx, { memberId, limit }) => {
  const rows = await reservations.listOfMember(trx, { memberId, limit: limit - 1, before: undefined }); // it reads one more
  const seatsOf = await seats.readOfReservations(
    trx,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => reservationView(row, seatsOf.get(row.id) ?? []));
};

/**
 * What commerce asks for and tells when an account is deleted, or its member wants to see what is kept. Reservations stay, by an id that names nobody any more; a hold
 * that was made at the very moment of the deletion lapses, as nobody is left to pay it.
 */
export const accountHandlers = ({ outbox }: { outbox: Outbox }): Handler[] => [
  on(askNoHolds, ({ data }, trx) => askHolds(trx, data.memberId)),
  on(memberDeleted, async ({ data }, trx) => {
    await eraseKeys(trx, data.memberId);
  }),
  answersDataRequests({ owner: 'reservation', outbox, sections: { reservations: ofMember } }),
];
