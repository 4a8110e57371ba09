import { describe, expect, it } from '@jest/globals';
import { parseTestOptions } from './test-options.ts';

describe('the arguments of npm test', () => {
  it('are jest’s, but for the replicas', () => {
    expect(parseTestOptions(['tests/e2e', '-t', 'a purchase'])).toEqual({ replicas: 1, jest: ['tests/e2e', '-t', 'a purchase'] });
    expect(parseTestOptions(['tests/e2e', '--replicas', '2', '--bail'])).toEqual({ replicas: 2, jest: ['tests/e2e', '--bail'] });
    expect(parseTestOptions(['--replicas=3'])).toEqual({ replicas: 3, jest: [] });
  });

  it.each([[['--replicas']], [['--replicas', 'two']], [['--replicas=0']], [['--replicas', '10']]])('are refused: %s', (args) => {
    expect(() => parseTestOptions(args)).toThrow('is not understood');
  });
});
