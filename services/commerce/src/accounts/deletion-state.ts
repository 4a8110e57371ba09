/** What a deletion knows while its saga runs. */
export interface DeletionState {
  readonly memberId: string;
  readonly giveUpBalance: boolean;
}
