export * from './account-messages.ts';
export * from './accounts.ts';
export * from './coupons.ts';
export * from './http.ts';
export * from './internal.ts';
export * from './messages.ts';
export * from './popular.ts';
export * from './products.ts';
