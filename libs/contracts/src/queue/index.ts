export * from './internal.ts';
export * from './messages.ts';
export * from './operators.ts';
export * from './places.ts';
export * from './queues.ts';
