import { createAuditTable } from '@onsale/shared/audit';

export const up = createAuditTable;
