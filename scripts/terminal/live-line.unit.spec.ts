import { describe, expect, it } from '@jest/globals';
import { createLiveLine } from './live-line.ts';

const writing = (isTTY: boolean, columns = 40) => {
  const written: string[] = [];
  let now = 0;
  const out = { isTTY, columns, write: (text: string | Uint8Array) => written.push(String(text)) > 0 };
  return { written, line: createLiveLine({ out, everyMs: 3_000, now: () => now }), after: (ms: number) => void (now += ms) };
};

describe('a live line', () => {
  it('is one line on a terminal, and never wraps', () => {
    const { line, written } = writing(true, 20);
    line.update('one');
    line.update('a text that is longer than the terminal is wide');
    line.end();
    expect(written).toEqual(['\r\u001B[2Kone', '\r\u001B[2Ka text that is longe', '\n']);
  });

  it('is a line every few seconds elsewhere, the last one included', () => {
    const { line, written, after } = writing(false);
    line.update('one');
    after(2_000);
    line.update('two');
    after(1_000);
    line.update('three');
    line.update('four');
    line.end();
    expect(written).toEqual(['one\n', 'three\n', 'four\n']);
  });

  it('has nothing to end twice', () => {
    for (const isTTY of [true, false]) {
      const { line, written } = writing(isTTY);
      line.end();
      line.update('one');
      line.end();
      const before = written.length;
      line.end();
      expect(written).toHaveLength(before);
    }
  });
});
