import { createSagaTable } from '@onsale/shared/saga';

export const up = createSagaTable;
