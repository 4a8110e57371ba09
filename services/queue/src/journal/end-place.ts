import type { Trx } from '@onsale/shared/db';
import type { Ending, Place } from '../places/place.ts';
import { endAdmission, insertEnd } from './journal-store.ts';

/**
 * Ends a place in the caller's transaction, admitted or still waiting. False when it has ended already: the first end stays. Redis is told after
 * the commit (`tellLine`).
 */
export const endPlace = async (trx: Trx, place: Place & { readonly queueId: string; readonly ending: Ending }): Promise<boolean> =>
  (await endAdmission(trx, place)) || (await insertEnd(trx, place)) || (await endAdmission(trx, place)); // the third: admitted between the two
