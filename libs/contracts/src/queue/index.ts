export * from './http.ts';
export * from './internal.ts';
export * from './messages.ts';
