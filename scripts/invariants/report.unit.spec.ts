import { describe, expect, it } from '@jest/globals';
import { broken, reportOf } from './report.ts';

const whole = { invariant: 'I1', says: 'seats are sold once', violations: 0, offenders: [] };
const torn = { invariant: 'I10', says: 'keys do one thing', violations: 12, offenders: ['a', 'b'] };

describe('the report', () => {
  it('has a line for each sentence, its offenders below it, and the sum at the end', () => {
    expect(reportOf([whole, torn]).split('\n')).toEqual([
      '✔ I1       0  seats are sold once',
      '✖ I10     12  keys do one thing',
      '                 a',
      '                 b',
      '                 and 10 more',
      '2 sentences, 12 violations',
    ]);
  });

  it('finds the sentences that are broken', () => {
    expect(broken([whole, torn])).toEqual([torn]);
  });
});
