export { createSagaTable as up } from '@onsale/shared/saga';
