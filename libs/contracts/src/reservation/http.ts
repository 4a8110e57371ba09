import { z } from 'zod';
import { auditRoute } from '../audit.ts';
import { route } from '../route.ts';
import { CalendarDate, DenseId, Id, IdParams, page, PageQuery, Points, QueueId, text, Timestamp, TimestampInput } from '../shapes.ts';

export const Concert = z.object({ id: Id, title: z.string(), venue: z.string(), description: z.string(), createdAt: Timestamp });
export type Concert = z.infer<typeof Concert>;

export const ConcertDate = z.object({ date: CalendarDate, available: z.int().min(0) });
export type ConcertDate = z.infer<typeof ConcertDate>;

export const Schedule = z.object({
  id: Id,
  concertId: Id,
  startsAt: Timestamp,
  durationMinutes: z.int(),
  salesOpenAt: Timestamp,
  queueId: QueueId,
  total: z.int().min(0),
  available: z.int().min(0),
});
export type Schedule = z.infer<typeof Schedule>;

export const SeatStatus = z.enum(['AVAILABLE', 'HELD', 'SOLD']);
export type SeatStatus = z.infer<typeof SeatStatus>;

/** `id` is dense within its schedule. */
export const Seat = z.object({
  id: DenseId,
  section: z.string(),
  grade: z.string(),
  row: z.string(),
  number: z.int(),
  price: Points,
  status: SeatStatus,
});
export type Seat = z.infer<typeof Seat>;

export const SeatMap = z.object({ scheduleId: Id, version: z.string(), seats: z.array(Seat) });
export type SeatMap = z.infer<typeof SeatMap>;

export const ReservationStatus = z.enum(['HELD', 'PAYING', 'CONFIRMED', 'EXPIRED', 'RELEASED', 'CANCELLED']);
export type ReservationStatus = z.infer<typeof ReservationStatus>;

export const Reservation = z.object({
  id: Id,
  scheduleId: Id,
  queueId: QueueId,
  createdAt: Timestamp,
  status: ReservationStatus,
  amount: Points,
  expiresAt: Timestamp,
  seats: z.array(Seat),
});
export type Reservation = z.infer<typeof Reservation>;

const distinct = (ids: readonly string[]): boolean => new Set(ids).size === ids.length;

export const listConcerts = route({
  owner: 'reservation',
  method: 'GET',
  path: '/concerts',
  summary: 'Concerts, newest first',
  auth: 'none',
  gate: 'none',
  query: PageQuery,
  answers: { 200: page(Concert) },
  problems: [],
});

export const readConcert = route({
  owner: 'reservation',
  method: 'GET',
  path: '/concerts/{id}',
  summary: 'One concert',
  auth: 'none',
  gate: 'none',
  params: IdParams,
  answers: { 200: Concert },
  problems: ['NOT_FOUND'],
});

export const listDates = route({
  owner: 'reservation',
  method: 'GET',
  path: '/concerts/{id}/dates',
  summary: 'Bookable dates (UTC) of a concert',
  auth: 'none',
  gate: 'none',
  params: IdParams,
  query: PageQuery,
  answers: { 200: page(ConcertDate) },
  problems: ['NOT_FOUND'],
});

export const listSchedules = route({
  owner: 'reservation',
  method: 'GET',
  path: '/concerts/{id}/schedules',
  summary: 'Schedules of a concert, by start',
  auth: 'none',
  gate: 'none',
  params: IdParams,
  query: PageQuery.extend({ date: CalendarDate.optional() }),
  answers: { 200: page(Schedule) },
  problems: ['NOT_FOUND'],
});

export const readSchedule = route({
  owner: 'reservation',
  method: 'GET',
  path: '/schedules/{id}',
  summary: 'One schedule',
  auth: 'none',
  gate: 'none',
  params: IdParams,
  answers: { 200: Schedule },
  problems: ['NOT_FOUND'],
});

export const readSeats = route({
  owner: 'reservation',
  method: 'GET',
  path: '/schedules/{id}/seats',
  summary: 'The seat map as it stands, with an ETag',
  auth: 'member',
  gate: 'admitted',
  params: IdParams,
  answers: { 200: SeatMap },
  problems: ['NOT_FOUND', 'QUEUE_WRONG'],
  cache: 'private, no-cache',
});

export const holdSeats = route({
  owner: 'reservation',
  method: 'POST',
  path: '/reservations',
  summary: 'Hold seats for five minutes: all of them or none',
  auth: 'member',
  gate: 'admitted',
  idempotency: 'required',
  body: z.strictObject({
    scheduleId: Id,
    seatIds: z.array(DenseId).min(1).max(8).refine(distinct, 'each seat once').meta({ uniqueItems: true }),
  }),
  answers: { 201: Reservation },
  problems: ['NOT_FOUND', 'SEAT_TAKEN', 'SEAT_UNKNOWN', 'MEMBER_LIMIT', 'SALE_NOT_OPEN', 'QUEUE_WRONG', 'BUSY'],
});

export const readReservation = route({
  owner: 'reservation',
  method: 'GET',
  path: '/reservations/{id}',
  summary: 'One reservation of mine',
  auth: 'member',
  gate: 'none',
  params: IdParams,
  answers: { 200: Reservation },
  problems: ['NOT_FOUND'],
});

export const releaseHold = route({
  owner: 'reservation',
  method: 'DELETE',
  path: '/reservations/{id}',
  summary: 'Give the held seats back',
  auth: 'member',
  gate: 'none',
  params: IdParams,
  answers: { 204: null },
  problems: ['NOT_FOUND', 'ALREADY_PAID', 'PAYMENT_IN_PROGRESS', 'HOLD_EXPIRED'],
});

export const listMyReservations = route({
  owner: 'reservation',
  method: 'GET',
  path: '/members/me/reservations',
  summary: 'My reservations, newest first',
  auth: 'member',
  gate: 'none',
  query: PageQuery,
  answers: { 200: page(Reservation) },
  problems: [],
});

export const createConcert = route({
  owner: 'reservation',
  method: 'POST',
  path: '/admin/concerts',
  summary: 'Announce a concert',
  auth: 'operator',
  gate: 'none',
  body: z.strictObject({ title: text(200), venue: text(200), description: text(5000) }),
  answers: { 201: Concert },
  problems: [],
});

/** 100,000 seats a schedule at most. */
export const MAX_SEATS = 100_000;

const Section = z.strictObject({
  name: text(40),
  grade: text(40).optional(),
  rows: z.int().min(1).max(1000),
  seatsPerRow: z.int().min(1).max(1000),
  price: z.int().min(0).max(100_000_000),
});

export const createSchedule = route({
  owner: 'reservation',
  method: 'POST',
  path: '/admin/concerts/{id}/schedules',
  summary: 'Put a date on sale, with its seats and its line',
  auth: 'operator',
  gate: 'none',
  idempotency: 'required',
  params: IdParams,
  body: z.strictObject({
    startsAt: TimestampInput,
    durationMinutes: z.int().min(1).max(10_080).optional(),
    salesOpenAt: TimestampInput,
    queueId: QueueId.optional(),
    sections: z
      .array(Section)
      .min(1)
      .max(200)
      .refine((all) => all.reduce((sum, s) => sum + s.rows * s.seatsPerRow, 0) <= MAX_SEATS, `at most ${MAX_SEATS} seats`)
      .refine((all) => distinct(all.map((s) => s.name)), 'each section name once'),
  }),
  answers: { 201: Schedule },
  problems: ['NOT_FOUND'],
});

/** For operators: who changed what here. */
export const readReservationAudit = auditRoute('reservation');
