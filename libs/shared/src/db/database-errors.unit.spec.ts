import { describe, expect, it } from '@jest/globals';
import { Refusal } from '../errors/index.ts';
import { isDuplicate, isEngineAway, isLockWait, isOverloaded, isRetriable, isStatementTimeout } from './index.ts';

const kinds = { isDuplicate, isEngineAway, isLockWait, isOverloaded, isRetriable, isStatementTimeout };
const kindsOf = (error: unknown): string[] => Object.entries(kinds).flatMap(([name, is]) => (is(error) ? [name] : []));
const engineError = (fields: object): Error => Object.assign(new Error('from the engine'), fields);

describe('errors of the database', () => {
  it.each([
    ['a duplicate', { errno: 1062 }, ['isDuplicate']],
    ['a lock wait', { errno: 1205 }, ['isLockWait', 'isRetriable']],
    ['a deadlock', { errno: 1213 }, ['isRetriable']],
    ['a changed record (MariaDB 11.6)', { errno: 1020 }, ['isRetriable']],
    ['a statement past its deadline on MariaDB', { errno: 1969 }, ['isStatementTimeout']],
    ['a statement past its deadline on MySQL', { errno: 3024 }, ['isStatementTimeout']],
    ['an exhausted pool', { name: 'KnexTimeoutError' }, ['isOverloaded']],
    ['a refused connection', { errno: -111, code: 'ECONNREFUSED', fatal: true }, ['isEngineAway']],
    ['a lost connection', { code: 'PROTOCOL_CONNECTION_LOST', fatal: true }, ['isEngineAway']],
    ['a connection that is closed already', { fatal: true }, ['isEngineAway']],
    ['an engine that shuts down', { errno: 1053 }, ['isEngineAway']],
    ['an engine that takes no more connections', { errno: 1040 }, ['isEngineAway']],
    ['a replica that no longer takes writes', { errno: 1290 }, ['isEngineAway']],
    ['a wrong statement', { errno: 1064, code: 'ER_PARSE_ERROR' }, []],
  ])('tells %s', (_, fields, expected) => {
    expect(kindsOf(engineError(fields))).toEqual(expected);
  });

  it('takes nothing else for one of them', () => {
    const wrapped = new Refusal('IDEMPOTENCY_IN_FLIGHT', 'wait', { cause: engineError({ errno: 1205 }) });
    for (const other of [wrapped, new Error('no'), undefined, null, 'text', 1213]) expect(kindsOf(other)).toEqual([]);
  });
});
