import type { Problem } from '@onsale/contracts';
import { describe, expect, it } from '@jest/globals';
import { faultOf } from './fault-of.ts';
import type { RawAnswer } from './send.ts';

const wrongName = {
  type: 'https://shop/errors#validation-failed',
  title: 'The request does not fit',
  status: 400,
  code: 'VALIDATION_FAILED',
  instance: 'urn:uuid:01890000-0000-7000-8000-000000000000',
  errors: [{ pointer: '/body/name', detail: 'too long' }],
};
const answer = (
  problem: Partial<Problem>,
  { status = problem.status ?? 400, ...headers }: { status?: number; [name: string]: unknown } = {},
) =>
  ({
    status,
    headers: { 'content-type': 'application/problem+json; charset=utf-8', ...headers },
    text: JSON.stringify({ ...wrongName, ...problem }),
  }) satisfies RawAnswer;
const expected = { what: 'an oversized name', expected: ['400 VALIDATION_FAILED'], pointer: '/body/name' };
const unknown = { what: 'no credentials', expected: ['401 UNAUTHENTICATED'] };
const at = (...pointers: string[]) => ({ errors: pointers.map((pointer) => ({ pointer, detail: 'wrong' })) });

describe('an answer to a bad request', () => {
  it.each([
    ['points at the field', expected, answer({})],
    ['points into the field', expected, answer(at('/body/name/0'))],
    ['challenges', unknown, answer({ status: 401, code: 'UNAUTHENTICATED' }, { 'www-authenticate': 'Bearer' })],
  ])('has no fault when it %s', (_what, expectation, given) => {
    expect(faultOf(expectation, given)).toBeUndefined();
  });

  it.each([
    ['is no problem', expected, { ...answer({}), headers: { 'content-type': 'application/json' } }, 'is not a problem'],
    ['is accepted', expected, answer({ status: 201 }), 'is 201 VALIDATION_FAILED'],
    ['has another code', expected, answer({ code: 'NOT_FOUND' }), 'is 400 NOT_FOUND'],
    ['has a status that it does not tell', expected, answer({}, { status: 500 }), 'says 400 with a status of 500'],
    ['has no request id', expected, answer({ instance: '/x' }), 'has no request id'],
    ['points at nothing', expected, answer({ errors: [] }), 'points at'],
    ['points at another field', expected, answer(at('/body/names')), 'points at'],
    ['points at another field as well', expected, answer(at('/body/name', '/query/limit')), 'points at'],
    ['should not have been malformed', { what: 'x', expected: expected.expected }, answer({}), 'points at'],
    ['does not challenge', unknown, answer({ status: 401, code: 'UNAUTHENTICATED' }), 'does not challenge'],
  ])('has a fault when it %s', (_what, expectation, given, fault) => {
    expect(faultOf(expectation, given)).toContain(fault);
  });
});
