export * from './answer.ts';
export * from './app.ts';
export * from './context.ts';
export * from './door.ts';
export * from './problem.ts';
