import type { Database } from '@onsale/shared/db';
import { uuidOf, type Finding, NAMED } from '@onsale/shared/invariants';
import { SEEDED } from '../seed/seeded.ts';
import { readTopics } from './read-topics.ts';
import { reading, type Stores } from './stores.ts';

/** Topics are kept for 7 days (libs/shared/src/kafka/make-topics.ts): what is older may have left them. */
const DAYS = 6;

const young = `created_at > NOW(3) - INTERVAL ${DAYS} DAY`;
const told = (id: string, sequence: string): string => `CONCAT(${uuidOf(id)}, ' ', ${sequence})`;

/** What has been told of each aggregate, as `<id> <sequence>`: a row is in such a state only since the transaction that wrote the event of it. */
const tales: { readonly service: 'reservation' | 'payment' | 'commerce'; readonly sql: string }[] = [
  { service: 'reservation', sql: `SELECT ${told('id', '1')} AS tale FROM schedules WHERE ${young}` },
  { service: 'reservation', sql: `SELECT ${told('id', '1')} AS tale FROM reservations WHERE ${young}` },
  {
    service: 'reservation',
    sql: `SELECT ${told('id', 'version')} AS tale FROM reservations WHERE status IN ('CONFIRMED', 'RELEASED', 'EXPIRED') AND ${young}`,
  },
  {
    service: 'payment',
    sql: `SELECT ${told('e.member_id', 'e.sequence')} AS tale FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id
      WHERE t.kind = 'CHARGE' AND t.reference NOT LIKE '${SEEDED}%' AND e.account = 'wallet' AND t.${young}`,
  },
  { service: 'payment', sql: `SELECT ${told('id', 'version')} AS tale FROM payments WHERE status IN ('COMPLETED', 'FAILED') AND ${young}` },
  // an order is paid by its first change; what comes after a cancellation that was refused is told nobody
  { service: 'commerce', sql: `SELECT ${told('id', '2')} AS tale FROM orders WHERE completed_at IS NOT NULL AND ${young}` },
  { service: 'commerce', sql: `SELECT ${told('id', 'version')} AS tale FROM orders WHERE status = 'CANCELLED' AND ${young}` },
];

const select = async (db: Database, sql: string): Promise<string[]> => {
  const [rows] = (await db.raw(sql)) as [{ tale: string }[], unknown];
  return rows.map(({ tale }) => tale);
};

const IN_OUTBOX = `SELECT CONCAT(aggregate, ' ', JSON_UNQUOTE(JSON_EXTRACT(payload, '$.sequence'))) AS tale FROM outbox WHERE topic LIKE '%.events'`;

const taleOf = (value: string): string => {
  const { subject, sequence } = JSON.parse(value) as { subject?: string; sequence?: number };
  return `${subject} ${sequence}`;
};

/**
 * Whether every event that was written is in its topic or still in the outbox (I8). The rows are read first, then the outbox, then the topics to the end
 * that they have by then: a message is in the topic before it leaves the outbox, so one that is under way is found in one of them. Reads the whole
 * topics, and holds the ids of all young aggregates.
 * @throws StoreUnreadable
 */
export const eventTrail = async (stores: Stores, brokers: readonly string[]): Promise<Finding> => {
  const lost = new Set<string>();
  for (const { service, sql } of tales) for (const tale of await reading(service, () => select(stores[service], sql))) lost.add(tale);
  for (const service of ['reservation', 'payment', 'commerce'] as const)
    for (const tale of await reading(service, () => select(stores[service], IN_OUTBOX))) lost.delete(tale);
  const topics = ['reservation.events', 'payment.events', 'commerce.events'].map((topic) => `${stores.namespace}.${topic}`);
  const onMessage = (value: string): boolean => {
    lost.delete(taleOf(value));
    return lost.size === 0;
  };
  await reading('Kafka', () => readTopics({ brokers, topics, onMessage }));
  return {
    invariant: 'I8',
    says: `every schedule, reservation, charge, payment and order of the last ${DAYS} days was told as it is: its event is in Kafka or on its way there`,
    violations: lost.size,
    offenders: [...lost]
      .toSorted()
      .slice(0, NAMED)
      .map((tale) => tale.replace(' ', ' sequence ')),
  };
};
