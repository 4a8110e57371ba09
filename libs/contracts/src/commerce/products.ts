import { z } from 'zod';
import { route } from '../route.ts';
import { Id, IdParams, page, PageQuery, Points, QueueId, text, Timestamp } from '../shapes.ts';

/** `available`: how many can be ordered now. Who orders one that names a queue needs a token of that queue. */
export const Product = z.object({
  id: Id,
  name: z.string(),
  price: Points,
  available: z.int().min(0),
  onSale: z.boolean(),
  perMemberLimit: z.int().min(1).optional(),
  queueId: QueueId.optional(),
});
export type Product = z.infer<typeof Product>;

/** What an operator sees: `stocked`, all that ever came in, is what is available, reserved by orders under way, and sold. `version` rises with every change. */
export const ProductDetail = Product.extend({
  reserved: z.int().min(0),
  sold: z.int().min(0),
  stocked: z.int().min(0),
  version: z.int().min(1),
  createdAt: Timestamp,
});
export type ProductDetail = z.infer<typeof ProductDetail>;

/** By what the public list is sorted: `newest` first, by `name`, by `price` from the lowest or (`-price`) the highest. */
export const ProductSort = z.enum(['newest', 'name', 'price', '-price']);
export type ProductSort = z.infer<typeof ProductSort>;

/** A word of a name, as the search knows it. */
export const WORD = /[\p{L}\p{M}\p{N}]+/gu;

const Search = z
  .string()
  .max(100)
  .refine((given) => given.match(WORD) !== null, 'must have a letter or a digit in it')
  .refine((given) => (given.match(WORD)?.length ?? 0) <= 5, 'must have at most five words');

/** Names are up to 100 characters, which the cursor of a list by name holds. */
const CURSOR = z.string().min(1).max(1_000).optional();

export const listProducts = route({
  owner: 'commerce',
  method: 'GET',
  path: '/products',
  summary: 'Products on sale; with `search` those whose name has words that begin so, all of them',
  auth: 'none',
  gate: 'none',
  query: PageQuery.extend({ cursor: CURSOR, search: Search.optional(), sort: ProductSort.default('newest') }),
  answers: { 200: page(Product) },
  problems: [],
});

export const readProduct = route({
  owner: 'commerce',
  method: 'GET',
  path: '/products/{id}',
  summary: 'One product, on sale or not',
  auth: 'none',
  gate: 'none',
  params: IdParams,
  answers: { 200: Product },
  problems: ['NOT_FOUND'],
});

/** Most of a product that one request brings in. */
const MAX_QUANTITY = 1_000_000_000;

const settings = {
  name: text(100),
  price: z.int().min(0).max(100_000_000),
  perMemberLimit: z.int().min(1).max(1_000_000),
  queueId: QueueId,
};

export const createProduct = route({
  owner: 'commerce',
  method: 'POST',
  path: '/admin/products',
  summary: 'Put a product into the shop; on sale at once, unless it says otherwise',
  auth: 'operator',
  gate: 'none',
  idempotency: 'required',
  body: z
    .strictObject({ ...settings, stock: z.int().min(0).max(MAX_QUANTITY), onSale: z.boolean() })
    .partial({ perMemberLimit: true, queueId: true, onSale: true }),
  answers: { 201: ProductDetail },
  problems: [],
});

export const changeProduct = route({
  owner: 'commerce',
  method: 'PATCH',
  path: '/admin/products/{id}',
  summary: 'Change what the request names; `null` takes a limit or a queue away. Orders that are under way keep what they began with',
  auth: 'operator',
  gate: 'none',
  params: IdParams,
  body: z
    .strictObject({
      ...settings,
      onSale: z.boolean(),
      perMemberLimit: settings.perMemberLimit.nullable(),
      queueId: settings.queueId.nullable(),
    })
    .partial(),
  answers: { 200: ProductDetail },
  problems: ['NOT_FOUND'],
});

export const restockProduct = route({
  owner: 'commerce',
  method: 'POST',
  path: '/admin/products/{id}/restocks',
  summary: 'More of a product has come in',
  auth: 'operator',
  gate: 'none',
  idempotency: 'required',
  params: IdParams,
  body: z.strictObject({ quantity: z.int().min(1).max(MAX_QUANTITY) }),
  answers: { 201: ProductDetail },
  problems: ['NOT_FOUND'],
});

export const listAllProducts = route({
  owner: 'commerce',
  method: 'GET',
  path: '/admin/products',
  summary: 'All products, newest first, on sale or not',
  auth: 'operator',
  gate: 'none',
  query: PageQuery,
  answers: { 200: page(ProductDetail) },
  problems: [],
});

export const readProductDetail = route({
  owner: 'commerce',
  method: 'GET',
  path: '/admin/products/{id}',
  summary: 'One product in full',
  auth: 'operator',
  gate: 'none',
  params: IdParams,
  answers: { 200: ProductDetail },
  problems: ['NOT_FOUND'],
});
