export * from './client.ts';
export * from './codes.ts';
export * from './message.ts';
export * from './problem.ts';
export * from './route.ts';
export * from './routes.ts';
export * from './sagas.ts';
export * from './shapes.ts';
