import { describe, expect, it } from '@jest/globals';
import { asksForHelp, parseStartOptions } from './start-options.ts';

describe('parseStartOptions', () => {
  it('is one of each on the loopback address when nothing is asked for', () => {
    expect(parseStartOptions([])).toEqual({ host: '127.0.0.1', replicas: {} });
  });

  it('takes an address and several services', () => {
    expect(parseStartOptions(['--host', '0.0.0.0', '--replicas', 'payment=2', '--replicas=queue=3'])).toEqual({
      host: '0.0.0.0',
      replicas: { payment: 2, queue: 3 },
    });
  });

  it('sells a concert, or goods, when it is asked to', () => {
    expect(parseStartOptions(['--demo', '--replicas', 'queue=2'])).toEqual({ host: '127.0.0.1', replicas: { queue: 2 }, demo: 'seats' });
    expect(parseStartOptions(['--demo', 'shop'])).toMatchObject({ demo: 'shop' });
  });

  it.each(['payment', 'payment=0', 'payment=11', 'payment=two', 'nobody=2', 'constructor=2'])(
    'refuses --replicas %s with the usage',
    (text) => {
      expect(() => parseStartOptions(['--replicas', text])).toThrow(/not understood[^]*usage: npm start/);
    },
  );

  it('is not asked for when the usage is', () => {
    expect([['--help'], ['-h'], ['--demo', '--help'], [], ['--host', 'h']].map(asksForHelp)).toEqual([true, true, true, false, false]);
  });

  it('refuses options that it does not know', () => {
    for (const args of [['shop'], ['--demo', 'everything'], ['--demo', 'shop', 'seats']])
      expect(() => parseStartOptions(args)).toThrow(/not understood[^]*usage: npm start/);
    expect(() => parseStartOptions(['--replica', 'payment=2'])).toThrow(/usage: npm start/);
  });
});
