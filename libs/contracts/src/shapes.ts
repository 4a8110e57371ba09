import { z } from 'zod';

/** UUIDv7 in canonical form; what a request has in capitals is read as it is answered, so that one thing has one name everywhere. */
export const Id = z.uuid().toLowerCase();

/** Decimal form of a dense id: a seat within its schedule. */
export const DenseId = z.string().regex(/^[1-9][0-9]{0,9}$/, 'a decimal id');

/** Points: the wallet's whole currency, an integer within the safe range. */
export const Points = z.int();

/** RFC 3339, UTC, milliseconds: how every time is answered. */
export const Timestamp = z.iso.datetime({ precision: 3 });

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/i;
const anyDateTime = z.iso.datetime({ offset: true });

/** The years are those that a DATETIME of the databases can hold. */
const isTime = (given: string): boolean => {
  if (!RFC_3339.test(given) || !anyDateTime.safeParse(given.toUpperCase()).success) return false;
  const year = new Date(given).getUTCFullYear();
  return year >= 1000 && year <= 9999;
};

/** A time in a request: RFC 3339 with `Z` or an offset, up to nanoseconds. It is read as UTC with milliseconds, what is finer cut off. */
export const TimestampInput = z
  .string()
  .refine(isTime, 'must be an RFC 3339 time with an offset, like 2027-01-01T20:00:00Z or 2027-01-01T20:00:00+09:00')
  .transform((given) => new Date(given).toISOString())
  .meta({ format: 'date-time' });

/** A calendar date, UTC. */
export const CalendarDate = z.iso.date();

/** `[a-z0-9-]{1,40}`: one hash tag of the queue's Redis keys, so nothing else may stand in it. */
export const QueueId = z.string().regex(/^[a-z0-9-]{1,40}$/, 'lower-case letters, digits and hyphens, at most 40');

/** A place in a line: microseconds since the queue was made, strictly rising. Never subtract two of them: positions are ranks. */
export const QueueNumber = z.int().min(1);

/** A lane of a line. `standard` is the one of whoever was granted no other. */
export const LaneName = z.string().regex(/^[a-z0-9-]{1,20}$/, 'lower-case letters, digits and hyphens, at most 20');

/** `?limit=&cursor=` of every list. */
export const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().min(1).max(200).optional(),
});

/** One page of a list; `nextCursor` is absent on the last one. */
export const page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), nextCursor: z.string().optional() });

/** Params of a path with one UUID. */
export const IdParams = z.strictObject({ id: Id });

/** Text that a person wrote: trimmed, not empty, no control characters. */
export const text = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .regex(/^[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F]*$/, 'no control characters');
