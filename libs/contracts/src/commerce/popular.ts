import { z } from 'zod';
import { route } from '../route.ts';
import { Timestamp } from '../shapes.ts';
import { Product } from './products.ts';

/** Five at most, most sold first, of those alike the newer product first. `since`: sales of this time and later count, cancelled ones do not. */
export const PopularProducts = z.object({ since: Timestamp, items: z.array(Product.extend({ sold: z.int().min(1) })) });
export type PopularProducts = z.infer<typeof PopularProducts>;

/** How the ranking in Redis stands. Without `builtAt` there is none, and the database answers. */
export const PopularRanking = z.object({
  isBuilding: z.boolean(),
  builtAt: Timestamp.optional(),
  since: Timestamp.optional(),
  products: z.int().min(0).optional(),
});
export type PopularRanking = z.infer<typeof PopularRanking>;

export const listPopularProducts = route({
  owner: 'commerce',
  method: 'GET',
  path: '/products/popular',
  summary: 'The products on sale that were sold most in the last three days',
  auth: 'none',
  gate: 'none',
  answers: { 200: PopularProducts },
  problems: [],
  cache: 'public, max-age=1',
});

export const readPopularRanking = route({
  owner: 'commerce',
  method: 'GET',
  path: '/admin/products/popular',
  summary: 'How the ranking of popular products stands',
  auth: 'operator',
  gate: 'none',
  answers: { 200: PopularRanking },
  problems: [],
});

export const rebuildPopularRanking = route({
  owner: 'commerce',
  method: 'POST',
  path: '/admin/products/popular/rebuilds',
  summary: 'Make the ranking of popular products anew from the orders, beside the one that is read meanwhile',
  auth: 'operator',
  gate: 'none',
  answers: { 202: PopularRanking },
  problems: [],
});
