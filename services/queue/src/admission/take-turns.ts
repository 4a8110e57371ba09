/** A lane as admission sees it. */
export interface LaneInTurn<T> {
  readonly name: string;
  /** Its share, beside those of the other lanes in which somebody waits. */
  readonly weight: number;
  /** What it is owed, from the turns before. */
  readonly credit: number;
  /** Present ones, in their order. */
  readonly waiting: readonly T[];
}

/**
 * Whose turn it is, `count` times at most: lanes take turns by their weights, smoothly (nginx's weighted round-robin), each in its own order. A lane without
 * waiters gives its share away. `credits` belong to the next call: so the weights hold however few slots are free at a time, and every lane with a
 * weight comes to its turn.
 */
export const takeTurns = <T>(lanes: readonly LaneInTurn<T>[], count: number): { chosen: T[]; credits: Map<string, number> } => {
  const credits = new Map(lanes.map(({ name, credit }) => [name, credit]));
  const taken = new Map<string, number>();
  const takenOf = (name: string): number => taken.get(name) ?? 0;
  const chosen: T[] = [];
  while (chosen.length < count) {
    const open = lanes.filter(({ name, waiting }) => takenOf(name) < waiting.length);
    if (open.length === 0) break;
    for (const { name, weight } of open) credits.set(name, credits.get(name)! + weight);
    const next = open.reduce((best, lane) => (credits.get(lane.name)! > credits.get(best.name)! ? lane : best));
    const total = open.reduce((sum, { weight }) => sum + weight, 0);
    credits.set(next.name, credits.get(next.name)! - total);
    chosen.push(next.waiting[takenOf(next.name)]!);
    taken.set(next.name, takenOf(next.name) + 1);
  }
  return { chosen, credits };
};
