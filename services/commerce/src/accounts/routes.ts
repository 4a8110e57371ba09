import { urlOf } from '@onsale/contracts';
import * as contract from '@onsale/contracts/commerce';
import type { Database } from '@onsale/shared/db';
import { notFound, Refusal } from '@onsale/shared/errors';
import { accepted, implement, noContent, ok, type Answer } from '@onsale/shared/http';
import { awaitEnd, type Ends } from '@onsale/shared/saga';
import type { SessionAnnouncer } from '../sessions/session-announcer.ts';
import { findDeletion, findLastOf, type StoredDeletion } from './deletion-store.ts';
import type { readExport } from './read-export.ts';
import type { requestDeletion } from './request-deletion.ts';
import type { requestExport } from './request-export.ts';

interface Accounts {
  readonly db: Database;
  readonly ends: Ends;
  readonly announcer: SessionAnnouncer;
  readonly requestDeletion: ReturnType<typeof requestDeletion>;
  readonly requestExport: ReturnType<typeof requestExport>;
  readonly readExport: ReturnType<typeof readExport>;
}

const ASK_AGAIN_SECONDS = 1;

const viewOf = ({ status, code, createdAt }: StoredDeletion & { readonly status: contract.Deletion['status'] }): contract.Deletion => ({
  status,
  ...(code !== undefined && { code }),
  createdAt: createdAt.toISOString(),
});

const outcome = ({ status, ...rest }: StoredDeletion): Answer => {
  if (status === 'DONE') return noContent();
  if (status === 'UNDER_WAY')
    return accepted(viewOf({ ...rest, status }), {
      location: urlOf('', contract.readMyDeletion),
      retryAfterSeconds: ASK_AGAIN_SECONDS,
    });
  throw new Refusal(rest.code ?? 'INTERNAL', rest.detail ?? 'The account was not deleted, and is as it was.');
};

/** The doors by which members take with them what is kept of them, and go. */
export const accountRoutes = ({ db, ends, announcer, requestDeletion, requestExport, readExport }: Accounts) => [
  implement(contract.deleteMe, async ({ member, body: { password, giveUpBalance = false }, waitMs, signal }) => {
    const id = await requestDeletion({ member, password, giveUpBalance, signal });
    const read = async (): Promise<StoredDeletion> => {
      const found = await findDeletion(db, id);
      if (found === undefined) throw notFound('deletion');
      return found;
    };
    const deletion = await awaitEnd({ ends, id, waitMs, signal, read, isUnderWay: ({ status }) => status === 'UNDER_WAY' });
    if (deletion.status === 'DONE') await announcer.announce(member.sessionId); // whichever replica ended it: this answer is the last one of the session
    return outcome(deletion);
  }),
  implement(contract.readMyDeletion, async ({ member }) => {
    const last = await findLastOf(db, member.id);
    if (last === undefined || last.status === 'DONE') throw notFound('deletion');
    return ok(viewOf({ ...last, status: last.status }));
  }),
  implement(contract.requestExport, async ({ member }) => {
    const begun = await requestExport(member.id);
    return accepted(begun, { location: urlOf('', contract.readExport, { id: begun.id }), retryAfterSeconds: ASK_AGAIN_SECONDS });
  }),
  implement(contract.readExport, async ({ member, params }) => {
    const found = await readExport({ memberId: member.id, id: params.id });
    return ok(found, found.status === 'GATHERING' ? { headers: { 'retry-after': String(ASK_AGAIN_SECONDS) } } : {});
  }),
];
