import { createInboxTable } from '@onsale/shared/inbox';

export const up = createInboxTable;
