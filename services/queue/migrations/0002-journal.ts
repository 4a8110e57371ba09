import type { Knex } from 'knex';

/**
 * Who was admitted when, and how it ended: the truth that the line in Redis is told of. Who leaves while waiting has a row with the end alone.
 *
 * told: Redis has been told of the row as it is. Set only after Redis has answered, so a death between a commit and that leaves work for the next tick.
 *
 * journal_live counts the admitted of one queue; journal_due finds those of all queues whose window is over; journal_untold what Redis does not know
 * yet; journal_members whether a member has been admitted by a later number.
 */
export const up = (knex: Knex) =>
  knex.raw(`CREATE TABLE journal (
    queue_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    number BIGINT NOT NULL,
    member VARCHAR(22) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    lane VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    turn BIGINT NULL,
    late BOOLEAN NOT NULL,
    admitted_at DATETIME(3) NULL,
    until DATETIME(3) NULL,
    ended_at DATETIME(3) NULL,
    ending VARCHAR(9) CHARACTER SET ascii COLLATE ascii_bin NULL,
    told BOOLEAN NOT NULL,
    PRIMARY KEY (queue_id, number),
    KEY journal_live (queue_id, ended_at, until),
    KEY journal_due (ended_at, until),
    KEY journal_untold (told),
    KEY journal_members (queue_id, member, number),
    CONSTRAINT journal_admitted_or_ended CHECK (
      (turn IS NULL) = (admitted_at IS NULL) AND (turn IS NULL) = (until IS NULL) AND
      (ended_at IS NULL) = (ending IS NULL) AND (turn IS NOT NULL OR ended_at IS NOT NULL))
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci`);
