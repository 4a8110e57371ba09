export * from './part.ts';
export * from './service.ts';
export * from './run.ts';
