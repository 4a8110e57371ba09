export interface LiveLine {
  /** Replaces the line on a terminal; elsewhere writes one, at most every few seconds. */
  readonly update: (text: string) => void;
  /** Leaves the last text where it is. */
  readonly end: () => void;
}

interface LiveLineOptions {
  readonly out: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;
  /** Milliseconds between two lines where there is no terminal. */
  readonly everyMs?: number;
  /** Milliseconds, of any origin. */
  readonly now?: () => number;
}

const ERASE_LINE = '\r\u001B[2K';

/** One line that shows how far something has come. */
export const createLiveLine = ({ out, everyMs = 3_000, now = () => performance.now() }: LiveLineOptions): LiveLine => {
  let shown = '';
  let last = '';
  let writtenAt = -Infinity;
  const writeLine = (text: string): void => {
    out.write(`${text}\n`);
    shown = text;
    writtenAt = now();
  };
  return {
    update: (text) => {
      last = text;
      // a line that wraps could not be taken back
      if (out.isTTY) out.write(ERASE_LINE + (shown = text.slice(0, Math.max(20, (out.columns ?? 80) - 1))));
      else if (now() - writtenAt >= everyMs) writeLine(text);
    },
    end: () => {
      if (out.isTTY && shown !== '') out.write('\n');
      else if (last !== shown) writeLine(last);
      shown = last = '';
    },
  };
};
