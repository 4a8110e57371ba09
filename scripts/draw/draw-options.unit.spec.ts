import { describe, expect, it } from '@jest/globals';
import { CannotGoOn } from '../engines/engines.ts';
import { readDrawOptions } from './draw-options.ts';

const HASH = 'AB'.repeat(32);

describe('the arguments of queue:verify-draw', () => {
  it('are a queue, and where and by which hash to look', () => {
    expect(readDrawOptions(['tonight'])).toEqual({ queueId: 'tonight' });
    expect(readDrawOptions(['tonight', '--url', 'http://127.0.0.1:8080/x', '--hash', HASH])).toEqual({
      queueId: 'tonight',
      url: 'http://127.0.0.1:8080',
      notedHash: HASH,
    });
  });

  it.each([[[]], [['one', 'two']], [['No{where}']], [['q', '--url', 'here']], [['q', '--hash', 'ab']], [['q', '--seed', 'x']]])(
    'are told with the usage where they are wrong: %j',
    (args) => {
      expect(() => readDrawOptions(args)).toThrow(CannotGoOn);
      expect(() => readDrawOptions(args)).toThrow('usage: npm run queue:verify-draw');
    },
  );
});
