import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { setTimeout as rest } from 'node:timers/promises';

/** Clock ticks a second of /proc/<pid>/stat: 100 on every Linux that Node runs on. */
const TICKS_A_SECOND = 100;

const cpuSecondsOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
};

const residentMegabytesOf = (pid: number): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;

export interface Usage {
  readonly name: string;
  /** Percent of one core. */
  readonly cpu: number;
  readonly megabytes: number;
}

export interface Process {
  readonly name: string;
  readonly pid: number;
}

/** What processes take from now until the answer is called, from /proc (Linux alone). */
export const usageSinceNow = (processes: readonly Process[]): (() => Usage[]) => {
  const [began, before] = [performance.now(), processes.map(({ pid }) => cpuSecondsOf(pid))];
  return () => {
    const seconds = (performance.now() - began) / 1_000;
    return processes.map(({ name, pid }, i) => ({
      name,
      cpu: ((cpuSecondsOf(pid) - before[i]!) / seconds) * 100,
      megabytes: residentMegabytesOf(pid),
    }));
  };
};

/** What processes take over `seconds`. */
export const usageOf = async (processes: readonly Process[], seconds: number): Promise<Usage[]> => {
  const usage = usageSinceNow(processes);
  await rest(seconds * 1000);
  return usage();
};

/** The machine in one line. */
export const machine = (): string =>
  `${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
