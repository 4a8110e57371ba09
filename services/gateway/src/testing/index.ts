export * from './caller.ts';
export * from './fleet.ts';
export * from './stand-in.ts';
export * from './streams.ts';
