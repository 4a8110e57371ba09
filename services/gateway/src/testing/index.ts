export * from './caller.ts';
export * from './fleet.ts';
export * from './push-streams.ts';
export * from './raw.ts';
export * from './stand-in.ts';
export * from './streams.ts';
