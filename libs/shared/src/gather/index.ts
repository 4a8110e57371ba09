export { createGather } from './create-gather.ts';
export { gatherByKey } from './gather-by-key.ts';
