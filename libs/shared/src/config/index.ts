export * from './groups.ts';
export * from './read-config.ts';
export * from './settings.ts';
export * from './keys.ts';
