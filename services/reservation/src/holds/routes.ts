import * as contract from '@onsale/contracts/reservation';
import { created, implement, noContent, ok, type Door } from '@onsale/shared/http';
import type { holdSeats } from './hold-seats.ts';
import type { listReservations, readReservation } from './read-reservations.ts';
import type { releaseHold } from './release-hold.ts';

interface Holds {
  readonly holdSeats: ReturnType<typeof holdSeats>;
  readonly releaseHold: ReturnType<typeof releaseHold>;
  readonly readReservation: ReturnType<typeof readReservation>;
  readonly listReservations: ReturnType<typeof listReservations>;
}

export const holdRoutes = ({ holdSeats, releaseHold, readReservation, listReservations }: Holds): Door[] => [
  implement(
    contract.holdSeats,
    ({ body, member, admission, once }) => holdSeats({ member, admission, once, ...body }),
    (reservation) => created(reservation, { location: `/api/v1/reservations/${reservation.id}` }),
  ),
  implement(contract.releaseHold, async ({ params, member }) => {
    await releaseHold({ memberId: member.id, reservationId: params.id });
    return noContent();
  }),
  implement(contract.readReservation, async ({ params, member }) =>
    ok(await readReservation({ memberId: member.id, reservationId: params.id })),
  ),
  implement(contract.listMyReservations, async ({ query, member }) => ok(await listReservations({ memberId: member.id, ...query }))),
];
