export { createAuditTable as up } from '@onsale/shared/audit';
