import { uuidOf, type SqlCheck } from '@onsale/shared/invariants';

/** What must be true of coupons (I4, I10). */
export const couponChecks: readonly SqlCheck[] = [
  {
    invariant: 'I4',
    says: 'of a coupon as many are issued as members have one, and no more than there are',
    sql: `SELECT ${uuidOf('c.id')} AS offender FROM coupons c LEFT JOIN member_coupons m ON m.coupon_id = c.id
      GROUP BY c.id, c.issued, c.total HAVING COUNT(m.id) <> c.issued OR c.issued > c.total`,
  },
  {
    invariant: 'I4',
    says: 'a member has one of a coupon, and only of one that there is',
    sql: `SELECT ${uuidOf('MIN(m.id)')} AS offender FROM member_coupons m LEFT JOIN coupons c ON c.id = m.coupon_id
      GROUP BY m.coupon_id, m.member_id HAVING COUNT(*) > 1 OR COUNT(c.id) = 0`,
  },
  {
    invariant: 'I10',
    says: 'every key of a coupon stands for one that there is, and no two for the same',
    sql: `SELECT LOWER(HEX(MIN(k.scope))) AS offender FROM idempotency_keys k
        LEFT JOIN coupons c ON c.id = UNHEX(REPLACE(JSON_UNQUOTE(JSON_EXTRACT(k.value, '$.id')), '-', ''))
      WHERE JSON_EXTRACT(k.value, '$.discount.type') IS NOT NULL
      GROUP BY COALESCE(c.id, k.scope) HAVING COUNT(*) > 1 OR COUNT(c.id) = 0`,
  },
];
