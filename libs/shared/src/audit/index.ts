export { createAuditTable } from './create-audit-table.ts';
export { insertAudit, type AuditEntry } from './insert-audit.ts';
