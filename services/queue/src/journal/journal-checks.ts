import type { SqlCheck } from '@onsale/shared/invariants';
import { BEHIND_THE_DRAW } from '../opening/draw.ts';

const place = `CONCAT(queue_id, ' number ', number)`;

/**
 * The caps that were in force, from the audit: `since` and `till` belong to both neighbours, so that of two caps of one millisecond the wider counts.
 * A queue that was opened without an audit row has had the cap that it has. 2^40: none.
 */
const CAPS = `SELECT subject AS queue_id, COALESCE(CAST(JSON_UNQUOTE(JSON_EXTRACT(after_change, '$.cap')) AS UNSIGNED), 1 << 40) AS cap,
      IF(LAG(at) OVER (PARTITION BY subject ORDER BY id) IS NULL, CAST('1970-01-01' AS DATETIME(3)), at) AS since,
      COALESCE(LEAD(at) OVER (PARTITION BY subject ORDER BY id), CAST('9999-12-31' AS DATETIME(3))) AS till
    FROM audit WHERE action IN ('queue.create', 'queue.change')
  UNION ALL SELECT id, COALESCE(cap, 1 << 40), '1970-01-01', '9999-12-31' FROM queues
    WHERE id NOT IN (SELECT subject FROM audit WHERE action IN ('queue.create', 'queue.change'))`;

/** The states of sales that an operator has set, from the audit: each from its row to the next, both of them written under the lock of admission. */
const STATES = `SELECT subject AS queue_id, JSON_UNQUOTE(JSON_EXTRACT(after_change, '$.state')) AS state, at AS since,
      COALESCE(LEAD(at) OVER (PARTITION BY subject ORDER BY id), CAST('9999-12-31' AS DATETIME(3))) AS till
    FROM audit WHERE action IN ('queue.pause', 'queue.resume', 'queue.close')`;

/**
 * What must be true of the journal (I5). An end frees its slot from its own time on, also for an admission of the same millisecond: an admission counts
 * what was committed before it, so it never counted less than these times say.
 *
 * The journal forgets (`purgeJournal`): whoever passed a late place was given its number, and ended, after that place's number was given out, so it is
 * there for 15 days from then; a place comes in within the 7 days of its token. So of late places those of the last 7 days can be asked about.
 */
export const journalChecks: readonly SqlCheck[] = [
  {
    invariant: 'I5',
    says: 'in each lane, scores rise with the turns, but for those marked late',
    sql: `SELECT ${place} AS offender FROM (
        SELECT queue_id, number, score, late, MAX(score) OVER (PARTITION BY queue_id, lane ORDER BY turn ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS front
        FROM journal WHERE turn IS NOT NULL
      ) a WHERE NOT late AND score < front`,
  },
  {
    invariant: 'I5',
    says: 'late are only those whom a higher score of their lane has passed',
    sql: `SELECT ${place} AS offender FROM (
        SELECT queue_id, number, score, late, admitted_at, MAX(score) OVER (PARTITION BY queue_id, lane ORDER BY turn ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS front
        FROM journal WHERE turn IS NOT NULL
      ) a WHERE late AND score > COALESCE(front, 0) AND admitted_at > NOW(3) - INTERVAL 7 DAY`,
  },
  {
    invariant: 'I5',
    says: 'nobody was admitted before the opening, nor before its draw was written down',
    sql: `SELECT CONCAT(j.queue_id, ' number ', j.number) AS offender FROM journal j JOIN queues q ON q.id = j.queue_id
      WHERE q.opens_at IS NOT NULL AND j.turn IS NOT NULL
        AND j.admitted_at < COALESCE(GREATEST(q.opens_at, q.opened_at, q.draw_listed_at), CAST('9999-12-31' AS DATETIME(3)))`,
  },
  {
    invariant: 'I5',
    says: 'who was admitted by a draw is in its list',
    sql: `SELECT CONCAT(j.queue_id, ' number ', j.number) AS offender FROM journal j JOIN queues q ON q.id = j.queue_id
      LEFT JOIN draw_entries d ON d.queue_id = j.queue_id AND d.score = j.score AND d.number = j.number AND d.member = j.member
      WHERE q.opens_at IS NOT NULL AND j.turn IS NOT NULL AND j.score < ${BEHIND_THE_DRAW} AND d.number IS NULL`,
  },
  {
    invariant: 'I5',
    says: 'nobody was admitted to a sale that was paused or closed',
    sql: `SELECT CONCAT(j.queue_id, ' number ', j.number) AS offender FROM journal j JOIN (${STATES}) s
      ON s.queue_id = j.queue_id AND s.state <> 'OPEN' AND j.admitted_at > s.since AND j.admitted_at < s.till`,
  },
  {
    invariant: 'I5',
    says: 'every turn is had once',
    sql: `SELECT CONCAT(queue_id, ' turn ', turn) AS offender FROM journal WHERE turn IS NOT NULL GROUP BY queue_id, turn HAVING COUNT(*) > 1`,
  },
  {
    invariant: 'I5',
    says: 'nobody was admitted beyond the cap of that moment',
    sql: `SELECT CONCAT(s.queue_id, ' number ', s.number) AS offender FROM (
        SELECT queue_id, number, at, step, SUM(step) OVER (PARTITION BY queue_id ORDER BY at, step, turn ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS live
        FROM (
          SELECT queue_id, number, turn, admitted_at AS at, 1 AS step FROM journal WHERE turn IS NOT NULL
          UNION ALL SELECT queue_id, number, turn, ended_at, -1 FROM journal WHERE turn IS NOT NULL AND ended_at IS NOT NULL
        ) steps
      ) s JOIN (${CAPS}) c ON c.queue_id = s.queue_id AND s.at BETWEEN c.since AND c.till
      WHERE s.step = 1 GROUP BY s.queue_id, s.number, s.live HAVING s.live > MAX(c.cap)`,
  },
  {
    invariant: 'I5',
    says: 'a member has one live place in a queue, and comes in again only after the one before has ended',
    sql: `SELECT ${place} AS offender FROM (
        SELECT queue_id, number, ended_at, LEAD(admitted_at) OVER (PARTITION BY queue_id, member ORDER BY turn) AS next_at
        FROM journal WHERE turn IS NOT NULL
      ) a WHERE next_at IS NOT NULL AND (ended_at IS NULL OR ended_at > next_at)`,
  },
];
