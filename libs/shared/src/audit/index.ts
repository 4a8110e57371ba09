export { auditDoors } from './audit-doors.ts';
export { createAuditTable } from './create-audit-table.ts';
export { insertAudit, type AuditEntry } from './insert-audit.ts';
export { createAuditPurge, purgeAudit } from './purge-audit.ts';
export { listAudit } from './list-audit.ts';
