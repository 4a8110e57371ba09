/** The numbers of a hold; settings (README). */
export interface HoldPolicy {
  /** How long seats are kept for a member who has not paid (5 min by default). */
  readonly holdMs: number;
  /** How much longer they are kept while a payment is under way; counted from the hold's end, so it never adds up (60 s by default). */
  readonly graceMs: number;
  /** How many seats of a schedule one member may hold, pay and own together (8 by default, as many as one request may name). */
  readonly seatsPerMember: number;
}
