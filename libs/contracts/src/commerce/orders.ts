import { z } from 'zod';
import { codes, type Code } from '../codes.ts';
import { route } from '../route.ts';
import { sagaRoutes } from '../sagas.ts';
import { Id, IdParams, page, PageQuery, Points, Timestamp } from '../shapes.ts';

/** Different products of one order. */
export const MAX_ORDER_ITEMS = 50;
/** Pieces of one product in one order. */
export const MAX_ORDER_QUANTITY = 10_000;

export const OrderStatus = z.enum(['PENDING', 'COMPLETED', 'FAILED', 'EXPIRED', 'CANCELLING', 'CANCELLED']);
export type OrderStatus = z.infer<typeof OrderStatus>;

/** `unitPrice` is the product's of the moment in which it was ordered. */
export const OrderItem = z.object({ productId: Id, quantity: z.int(), unitPrice: Points });
export type OrderItem = z.infer<typeof OrderItem>;

/** Its total is paid by points. `code` says why it FAILED or EXPIRED or, on a COMPLETED one, why its last cancellation was refused. */
export const Order = z.object({
  id: Id,
  status: OrderStatus,
  code: z.enum(Object.keys(codes) as [Code, ...Code[]]).optional(),
  items: z.array(OrderItem),
  subtotal: Points,
  discount: Points,
  total: Points,
  /** The coupon that was used, and which of the member's it was. */
  couponId: Id.optional(),
  memberCouponId: Id.optional(),
  createdAt: Timestamp,
  completedAt: Timestamp.optional(),
  cancelledAt: Timestamp.optional(),
});
export type Order = z.infer<typeof Order>;

const OrderedItem = z.strictObject({ productId: Id, quantity: z.int().min(1).max(MAX_ORDER_QUANTITY) });

export const placeOrder = route({
  owner: 'commerce',
  method: 'POST',
  path: '/orders',
  summary: 'Order products, paid by points; 201 when it is paid in time, else 202',
  auth: 'member',
  gate: 'optional',
  idempotency: 'required',
  body: z.strictObject({
    items: z
      .array(OrderedItem)
      .min(1)
      .max(MAX_ORDER_ITEMS)
      .refine((items) => new Set(items.map(({ productId }) => productId)).size === items.length, 'a product is named twice'),
    memberCouponId: Id.optional(),
  }),
  /** So that what is too many is told which: 1,000 items. */
  maxBodyBytes: 131_072,
  answers: { 201: Order, 202: Order },
  problems: [
    'NOT_FOUND',
    'PRODUCT_NOT_ON_SALE',
    'OUT_OF_STOCK',
    'MEMBER_LIMIT',
    'COUPON_NOT_USABLE',
    'MIXED_QUEUES',
    'QUEUE_TOKEN_REQUIRED',
    'QUEUE_WRONG',
    'QUEUE_NOT_ADMITTED',
    'ORDER_TOO_LARGE',
    'INSUFFICIENT_POINTS',
    'ACCOUNT_CLOSED',
    'ORDER_EXPIRED',
    'CANCELLED_BY_OPERATOR',
    'BUSY',
  ],
});

export const readOrder = route({
  owner: 'commerce',
  method: 'GET',
  path: '/orders/{id}',
  summary: 'One order of mine',
  auth: 'member',
  gate: 'none',
  params: IdParams,
  answers: { 200: Order },
  problems: ['NOT_FOUND'],
});

export const listMyOrders = route({
  owner: 'commerce',
  method: 'GET',
  path: '/members/me/orders',
  summary: 'My orders, newest first',
  auth: 'member',
  gate: 'none',
  query: PageQuery,
  answers: { 200: page(Order) },
  problems: [],
});

export const cancelOrder = route({
  owner: 'commerce',
  method: 'POST',
  path: '/orders/{id}/cancellation',
  summary: 'Cancel a paid order: its points, its goods and its coupon go back; 200 when that is done in time, else 202',
  auth: 'member',
  gate: 'none',
  idempotency: 'required',
  params: IdParams,
  body: z.strictObject({}).optional(),
  answers: { 200: Order, 202: Order },
  problems: ['NOT_FOUND', 'ORDER_NOT_CANCELLABLE', 'BALANCE_TOO_LARGE', 'ACCOUNT_CLOSED', 'CANCELLED_BY_OPERATOR', 'BUSY'],
});

/** An order as operators see it. */
export const OrderOfMember = Order.extend({ memberId: Id });
export type OrderOfMember = z.infer<typeof OrderOfMember>;

export const listOrders = route({
  owner: 'commerce',
  method: 'GET',
  path: '/admin/orders',
  summary: 'Orders, newest first: all, or those of a member',
  auth: 'operator',
  gate: 'none',
  query: PageQuery.extend({ memberId: Id.optional() }),
  answers: { 200: page(OrderOfMember) },
  problems: [],
});

export const readOrderOfMember = route({
  owner: 'commerce',
  method: 'GET',
  path: '/admin/orders/{id}',
  summary: 'One order',
  auth: 'operator',
  gate: 'none',
  params: IdParams,
  answers: { 200: OrderOfMember },
  problems: ['NOT_FOUND'],
});

/** For operators: the orders and cancellations as sagas. An order's has its id. */
export const commerceSagas = sagaRoutes('commerce');
export const {
  list: listCommerceSagas,
  read: readCommerceSaga,
  retry: retryCommerceSaga,
  compensate: compensateCommerceSaga,
} = commerceSagas;
