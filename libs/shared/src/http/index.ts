export * from './answer.ts';
export * from './app.ts';
export { DEFAULT_MAX_BODY_BYTES, hasBody } from './body.ts';
export * from './context.ts';
export * from './door.ts';
export { idempotencyKeyOf } from './keyed.ts';
export * from './prefer.ts';
export * from './problem.ts';
export * from './validate.ts';
