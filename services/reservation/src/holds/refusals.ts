import { Refusal } from '@onsale/shared/errors';

const strings = (seatIds: readonly number[]): string[] => seatIds.map(String);

/** The seats are held or sold: by others, or by an earlier reservation of the same member. */
export class SeatTaken extends Refusal {
  constructor(seatIds: readonly number[]) {
    super('SEAT_TAKEN', 'Some of the seats are held or sold. None was held by this request.', { extra: { seats: strings(seatIds) } });
    this.name = 'SeatTaken';
  }
}

/** The schedule has no such seats. */
export class SeatUnknown extends Refusal {
  constructor(seatIds: readonly number[]) {
    super('SEAT_UNKNOWN', 'The schedule has no such seats. None was held.', { extra: { seats: strings(seatIds) } });
    this.name = 'SeatUnknown';
  }
}

/** The member would have more seats of the schedule than one may have. */
export class MemberLimit extends Refusal {
  constructor({ limit, has }: { limit: number; has: number }) {
    super('MEMBER_LIMIT', `One member may have ${limit} seats here, and you have ${has}. None was held.`, { extra: { limit, has } });
    this.name = 'MemberLimit';
  }
}

/** Too early, or the concert has begun. */
export class SaleNotOpen extends Refusal {
  constructor(detail: string, extra: Readonly<Record<string, unknown>>) {
    super('SALE_NOT_OPEN', detail, { extra });
    this.name = 'SaleNotOpen';
  }
}

/** The caller stands in another line. */
export class QueueWrong extends Refusal {
  constructor(queueId: string) {
    super('QUEUE_WRONG', 'Your queue token is for another queue than this schedule’s.', { extra: { queueId } });
    this.name = 'QueueWrong';
  }
}
