export { createGather } from './create-gather.ts';
export { createKeyedGather } from './create-keyed-gather.ts';
export { createLookup } from './create-lookup.ts';
export { gatherByKey } from './gather-by-key.ts';
