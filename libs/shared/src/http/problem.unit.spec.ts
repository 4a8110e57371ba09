import { route } from '@onsale/contracts';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { Refusal } from '../errors/index.ts';
import { problemOf } from './problem.ts';
import { validate } from './validate.ts';

describe('a problem', () => {
  it('begins with the members that all have, and lets nothing extra take their place', () => {
    const refusal = new Refusal('SEAT_TAKEN', 'Taken.', { extra: { seats: ['1'], status: 200 } });
    const problem = problemOf(refusal, '0196f000-0000-7000-8000-000000000000');
    expect(Object.keys(problem)).toEqual(['type', 'title', 'status', 'detail', 'code', 'instance', 'seats']);
    expect(problem).toMatchObject({ status: 409, seats: ['1'] });
  });
});

describe('what a malformed request is told', () => {
  const spec = route({
    owner: 'queue',
    method: 'POST',
    path: '/things',
    summary: 'For a test',
    auth: 'none',
    gate: 'none',
    body: z.strictObject({
      name: z.string().min(1),
      count: z.coerce.number(),
      kind: z.enum(['a', 'b']),
      either: z.union([z.string(), z.number()]),
      named: z.strictObject({ id: z.string() }).partial().required({ id: true }),
    }),
    answers: { 204: null },
    problems: [],
  });
  const errorsOf = (body: unknown) => {
    try {
      validate(spec, { params: {}, query: {}, body });
    } catch (error) {
      return Object.fromEntries((error as Refusal).errors!.map(({ pointer, detail }) => [pointer, detail]));
    }
    return {};
  };
  const good = { name: 'x', count: 1, kind: 'a', either: 1, named: { id: 'x' } };

  it.each(['name', 'count', 'kind', 'either'])('is that %s is required, where it is missing', (name) => {
    expect(errorsOf({ ...good, [name]: undefined })).toEqual({ [`/body/${name}`]: 'is required' });
  });

  it('is what is required within an object, and that the body is', () => {
    expect(errorsOf({ ...good, named: {} })).toEqual({ '/body/named/id': 'is required' });
    expect(errorsOf(undefined)).toEqual({ '/body': 'is required' });
  });

  it('is what is wrong with a value that is there', () => {
    expect(errorsOf({ ...good, name: null, kind: 'c', more: 1 })).toEqual({
      '/body/name': expect.stringContaining('string'),
      '/body/kind': expect.stringContaining('"a"'),
      '/body/more': 'is not known here',
    });
  });
});
