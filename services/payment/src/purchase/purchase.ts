/** What a purchase knows while its saga runs; the saga has the payment's id. */
export interface Purchase {
  readonly memberId: string;
  readonly reservationId: string;
  /** What the reservation told when it was locked: its price, and the number in line that it came by. */
  readonly hold?: Hold;
}

export interface Hold {
  readonly amount: number;
  readonly queueId: string;
  readonly number: number;
}

/** @throws Error when a step runs before the reservation was locked: the saga's order is broken */
export const holdOf = ({ hold }: Purchase): Hold => {
  if (hold === undefined) throw new Error('the reservation has not been locked');
  return hold;
};
