import { uuidOf, type SqlCheck } from '@onsale/shared/invariants';

/** An order's goods are sold from its completion on, until they are back. */
const SOLD = `('COMPLETED', 'CANCELLING')`;

/** What orders say of each product, beside what its stock says. */
const ofOrders = `SELECT i.product_id, SUM(IF(o.status = 'PENDING', i.quantity, 0)) AS reserved, SUM(IF(o.status IN ${SOLD}, i.quantity, 0)) AS sold
  FROM order_items i JOIN orders o ON o.id = i.order_id GROUP BY i.product_id`;

/** What must be true of stock (I3), of orders and their sagas (I7, I9), and of the coupons that they have to do with (I4). */
export const orderChecks: readonly SqlCheck[] = [
  {
    invariant: 'I3',
    says: 'no stock is negative, and what came in of a product is available, reserved and sold',
    sql: `SELECT ${uuidOf('s.product_id')} AS offender FROM stock s LEFT JOIN (${ofOrders}) o ON o.product_id = s.product_id
      WHERE s.available < 0 OR s.reserved < 0 OR s.stocked <> s.available + s.reserved + COALESCE(o.sold, 0)`,
  },
  {
    invariant: 'I3',
    says: 'what is reserved of a product, PENDING orders have reserved',
    sql: `SELECT ${uuidOf('s.product_id')} AS offender FROM stock s LEFT JOIN (${ofOrders}) o ON o.product_id = s.product_id
      WHERE s.reserved <> COALESCE(o.reserved, 0)`,
  },
  {
    invariant: 'I3',
    says: 'a member counts as having what is in orders of theirs that are paid, or still may be',
    sql: `SELECT CONCAT(LOWER(HEX(product_id)), ' of ', LOWER(HEX(member_id))) AS offender FROM (
        SELECT product_id, member_id, quantity FROM member_quantities
        UNION ALL
        SELECT i.product_id, o.member_id, -i.quantity FROM order_items i JOIN orders o ON o.id = i.order_id WHERE o.status IN ('PENDING', 'COMPLETED', 'CANCELLING')
      ) counted GROUP BY product_id, member_id HAVING SUM(quantity) <> 0`,
  },
  {
    invariant: 'I4',
    says: 'a coupon is RESERVED by an order that is PENDING, USED by one that is paid, and else nobody’s',
    sql: `SELECT ${uuidOf('m.id')} AS offender FROM member_coupons m LEFT JOIN orders o ON o.id = m.order_id AND o.member_coupon_id = m.id
      WHERE NOT (m.status = 'ISSUED' AND m.order_id IS NULL)
        AND NOT (m.status = 'RESERVED' AND o.status = 'PENDING' AND o.status IS NOT NULL)
        AND NOT (m.status = 'USED' AND o.status IN ${SOLD} AND o.status IS NOT NULL)`,
  },
  {
    invariant: 'I4',
    says: 'an order that is PENDING or paid has the coupon that it takes a discount for',
    sql: `SELECT ${uuidOf('o.id')} AS offender FROM orders o LEFT JOIN member_coupons m ON m.id = o.member_coupon_id AND m.order_id = o.id
      WHERE o.status IN ('PENDING', 'COMPLETED', 'CANCELLING') AND ((o.member_coupon_id IS NOT NULL AND m.id IS NULL) OR (o.member_coupon_id IS NULL AND o.discount > 0))`,
  },
  {
    invariant: 'I7',
    says: 'an order that is PENDING, or CANCELLING, has a saga that can end that',
    sql: `SELECT ${uuidOf('o.id')} AS offender FROM orders o LEFT JOIN sagas s ON s.id = IF(o.status = 'PENDING', o.id, o.cancellation_id)
      WHERE o.status IN ('PENDING', 'CANCELLING') AND (s.id IS NULL OR s.status NOT IN ('RUNNING', 'COMPENSATING'))`,
  },
  {
    invariant: 'I9',
    says: 'an order has ended as its saga has: paid (its number may be still to be spent) unless taken back, FAILED or EXPIRED only when taken back',
    sql: `SELECT ${uuidOf('o.id')} AS offender FROM orders o LEFT JOIN sagas s ON s.id = o.id
      WHERE (o.status IN ('COMPLETED', 'CANCELLING', 'CANCELLED') AND (s.id IS NULL OR NOT (s.status = 'COMPLETED' OR (s.status = 'RUNNING' AND s.step = 'spend'))))
        OR (o.status IN ('FAILED', 'EXPIRED') AND (s.id IS NULL OR s.status <> 'COMPENSATED'))`,
  },
  {
    invariant: 'I9',
    says: 'an order is CANCELLED if, and only if, its cancellation is through',
    sql: `SELECT ${uuidOf('o.id')} AS offender FROM orders o LEFT JOIN sagas s ON s.id = o.cancellation_id
      WHERE (o.status = 'CANCELLED') <> COALESCE(s.status = 'COMPLETED', FALSE)`,
  },
  {
    invariant: 'I9',
    says: 'an order costs what its items do, less its discount',
    sql: `SELECT ${uuidOf('o.id')} AS offender FROM orders o LEFT JOIN order_items i ON i.order_id = o.id
      GROUP BY o.id, o.subtotal HAVING COALESCE(SUM(i.quantity * i.unit_price), -1) <> o.subtotal`,
  },
  {
    invariant: 'I10',
    says: 'every key of an order stands for one that there is, and no two for the same',
    sql: `SELECT LOWER(HEX(MIN(k.scope))) AS offender FROM idempotency_keys k
        LEFT JOIN orders o ON o.id = UNHEX(REPLACE(JSON_UNQUOTE(JSON_EXTRACT(k.value, '$.orderId')), '-', ''))
      WHERE JSON_EXTRACT(k.value, '$.orderId') IS NOT NULL AND JSON_EXTRACT(k.value, '$.cancellationId') IS NULL
      GROUP BY COALESCE(o.id, k.scope) HAVING COUNT(*) > 1 OR COUNT(o.id) = 0`,
  },
];
