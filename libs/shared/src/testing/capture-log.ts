import { createLog, type Log } from '../log/index.ts';

export interface CapturedLog {
  readonly log: Log;
  /** What was logged, oldest first, as the product would write it. */
  readonly lines: () => Record<string, unknown>[];
  readonly text: () => string;
}

/** A log that keeps its lines for a test to look at. */
export const captureLog = ({ level = 'trace' }: { level?: string } = {}): CapturedLog => {
  const written: string[] = [];
  const log = createLog({ service: 'test', level, out: { write: (line: string) => void written.push(line) } });
  return {
    log,
    lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>),
    text: () => written.join(''),
  };
};
