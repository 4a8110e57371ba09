import type { AuditRoute } from '@onsale/contracts';
import type { Database } from '../db/index.ts';
import { implement, ok, type Door } from '../http/index.ts';
import { listAudit } from './list-audit.ts';

interface AuditDoors {
  readonly db: Database;
  /** `auditRoute(owner)` of the contracts. */
  readonly contract: AuditRoute;
}

/** The operator's door to the audit of a service. */
export const auditDoors = ({ db, contract }: AuditDoors): Door[] => {
  const list = listAudit({ db });
  return [implement(contract, async ({ query: { subject, cursor, limit } }) => ok(await list({ subject, cursor, limit })))];
};
