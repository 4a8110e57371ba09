export * from './access-token.ts';
export * from './deny-list.ts';
export * from './principal.ts';
export * from './queue-token.ts';
