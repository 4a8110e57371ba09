import { memberDeleted } from '@onsale/contracts/commerce';
import { on, type Handler } from '@onsale/shared/inbox';
import { answersDataRequests } from '@onsale/shared/member-data';
import type { Outbox } from '@onsale/shared/outbox';
import type { leaveAll } from './leave-all.ts';
import { readPlaces } from './member-places.ts';

/** What commerce tells when an account is deleted, and asks when its member wants to see what is kept. */
export const accountHandlers = ({ leaveAll: leave, outbox }: { leaveAll: ReturnType<typeof leaveAll>; outbox: Outbox }): Handler[] => [
  on(memberDeleted, ({ data }, trx) => leave(trx, data.memberId)),
  answersDataRequests({ owner: 'queue', outbox, sections: { places: readPlaces } }),
];
