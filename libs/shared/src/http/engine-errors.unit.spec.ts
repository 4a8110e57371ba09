import { describe, expect, it } from '@jest/globals';
import { refusalOfEngine } from './engine-errors.ts';

const failure = (fields: object): Error => Object.assign(new Error('x'), fields);

describe('refusalOfEngine', () => {
  it.each([
    ['a refused connection', failure({ code: 'ECONNREFUSED' }), 'UPSTREAM_UNAVAILABLE'],
    ['a database that fails over', failure({ errno: 1290 }), 'UPSTREAM_UNAVAILABLE'],
    ['a Redis that does not answer', new Error('Command timed out'), 'UPSTREAM_UNAVAILABLE'],
    ['a master that has become a replica', new Error("READONLY You can't write against a read only replica."), 'UPSTREAM_UNAVAILABLE'],
    ['a slot that nobody serves', new Error('CLUSTERDOWN Hash slot not served'), 'UPSTREAM_UNAVAILABLE'],
    ['a slot that moves and moves', new Error('Too many Cluster redirections. Last error: MOVED 1 h:1'), 'UPSTREAM_UNAVAILABLE'],
    ['a Redis that is full', new Error("OOM command not allowed when used memory > 'maxmemory'."), 'UPSTREAM_UNAVAILABLE'],
    ['a pool that is used up', failure({ name: 'KnexTimeoutError' }), 'OVERLOADED'],
    ['a lock that was not had', failure({ errno: 1205 }), 'OVERLOADED'],
    ['a statement past its deadline', failure({ errno: 1969 }), 'OVERLOADED'],
  ])('tells %s from an error of ours', (_what, error, code) => {
    expect(refusalOfEngine(error)).toMatchObject({ code, cause: error });
  });

  it('leaves our own errors alone', () => {
    for (const error of [
      new TypeError('x'),
      new Error('WRONGTYPE Operation'),
      new Error('MOVED'),
      failure({ errno: 1062 }),
      undefined,
      'text',
    ])
      expect(refusalOfEngine(error)).toBeUndefined();
  });
});
