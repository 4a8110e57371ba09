import type { Loop } from './closed-loop.ts';
import { type Process, type Usage, usageSinceNow } from './process-usage.ts';
import { ms } from './report.ts';

export const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** One load of one round, and what the processes took meanwhile. */
export interface Round {
  readonly loop: Loop;
  readonly used: readonly Usage[];
}

/** A load with what processes take during it. */
export const watched = async (processes: readonly Process[], load: () => Promise<Loop>): Promise<Round> => {
  const usage = usageSinceNow(processes);
  const loop = await load();
  return { loop, used: usage() };
};

/** Loads by name, each once a round, in turn: what the machine's neighbours do in a minute they do to all of them. */
export const inTurn = async <N extends string>(
  rounds: number,
  loads: Readonly<Record<N, () => Promise<Round>>>,
  told: (round: Readonly<Record<N, Round>>) => void,
): Promise<Record<N, Round>[]> => {
  const all: Record<N, Round>[] = [];
  for (let n = 0; n < rounds; n += 1) {
    const round = {} as Record<N, Round>;
    for (const name of Object.keys(loads) as N[]) round[name] = await loads[name]();
    told(round);
    all.push(round);
  }
  return all;
};

/** Answers a second and latencies of one load: medians of its rounds. */
export const speedRow = (name: string, rounds: readonly Round[]): string[] => [
  name,
  `${median(rounds.map(({ loop }) => loop.perSecond)).toFixed(0)} / s`,
  ...(['p50', 'p99'] as const).map((p) => ms(median(rounds.map(({ loop }) => loop.latency[p])))),
];

/** Of one process in one round. */
export const microsOf = ({ loop, used }: Round, name: string): number =>
  ((used.find((usage) => usage.name === name)?.cpu ?? Number.NaN) / 100 / loop.perSecond) * 1e6;

/** CPU of every process, and what an answer takes of it: medians of the rounds. */
export const usageRows = (rounds: readonly Round[]): string[][] =>
  (rounds[0]?.used ?? []).map(({ name }) => [
    name,
    `${median(rounds.map(({ used }) => used.find((usage) => usage.name === name)!.cpu)).toFixed(0)} %`,
    median(rounds.map((round) => microsOf(round, name))).toFixed(0),
  ]);

/** Answers that had another status than the one wanted, as a sentence; nothing when there were none. */
export const oddities = (rounds: readonly Round[], wanted: number): string => {
  const odd: Record<string, number> = {};
  for (const { loop } of rounds)
    for (const [status, count] of Object.entries(loop.statuses)) if (Number(status) !== wanted) odd[status] = (odd[status] ?? 0) + count;
  const said = Object.entries(odd).map(([status, count]) => `${count} were answered with ${status}`);
  return said.length === 0 ? '' : ` ${said.join(', ')}.`;
};
