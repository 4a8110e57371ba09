import { z } from 'zod';

/** UUIDv7 in canonical form. */
export const Id = z.uuid();

/** Decimal form of a dense id: a seat within its schedule. */
export const DenseId = z.string().regex(/^[1-9][0-9]{0,9}$/, 'a decimal id');

/** Points: the wallet's whole currency, an integer within the safe range. */
export const Points = z.int();

/** RFC 3339, UTC, milliseconds. */
export const Timestamp = z.iso.datetime({ precision: 3 });

/** A calendar date, UTC. */
export const CalendarDate = z.iso.date();

/** `[a-z0-9-]{1,40}`: one hash tag of the queue's Redis keys, so nothing else may stand in it. */
export const QueueId = z.string().regex(/^[a-z0-9-]{1,40}$/, 'lower-case letters, digits and hyphens, at most 40');

/** A place in a line: microseconds since the queue's epoch, strictly rising. Never subtract two of them: positions are ranks. */
export const QueueNumber = z.int().min(1);

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
