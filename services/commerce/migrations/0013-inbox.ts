export { createInboxTable as up } from '@onsale/shared/inbox';
