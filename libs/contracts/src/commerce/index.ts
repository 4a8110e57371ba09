export * from './http.ts';
export * from './internal.ts';
