import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Heard, Order, Reading, Report } from './stream-crowd.ts';

/** The readers of streams, in a process of their own. */
export const startReaders = () => {
  const crowd = fork(new URL('./stream-crowd.ts', import.meta.url), { stdio: 'inherit', serialization: 'advanced' });
  const asked = async (order: Order): Promise<Report> => {
    const answered = once(crowd, 'message');
    crowd.send(order);
    const [report] = (await answered) as [Report];
    return report;
  };
  return {
    pid: crowd.pid!,
    /** Opens them all, and answers when each has its first status or was refused. */
    open: async (reading: Reading) => (await asked({ read: reading })) as Extract<Report, { refused: number }>,
    /** What was heard since the last time, and how many are open. */
    heard: async (): Promise<{ heard: Heard[]; open: number }> => (await asked({ tell: 'heard' })) as Extract<Report, { heard: Heard[] }>,
    stop: async (): Promise<void> => {
      crowd.send({ stop: true } satisfies Order);
      if (crowd.exitCode === null) await once(crowd, 'exit');
    },
  };
};

export type Readers = ReturnType<typeof startReaders>;
