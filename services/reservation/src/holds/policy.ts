/** The numbers of a hold; settings (README). */
export interface HoldPolicy {
  /** How long seats are kept for a member who has not paid (features.md, R2: 5 min). */
  readonly holdMs: number;
  /** How much longer they are kept while a payment is under way; counted from the hold's end, so it never adds up (sagas.md: 60 s). */
  readonly graceMs: number;
}
