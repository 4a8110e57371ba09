import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { Id, IdParams, Timestamp, TimestampInput } from './shapes.ts';

describe('a time in a request', () => {
  it.each([
    ['2027-01-01T20:00:00Z', '2027-01-01T20:00:00.000Z'],
    ['2027-01-01T20:00:00.5Z', '2027-01-01T20:00:00.500Z'],
    ['2027-01-01T20:00:00.123Z', '2027-01-01T20:00:00.123Z'],
    ['2027-01-01T20:00:00.123999999Z', '2027-01-01T20:00:00.123Z'],
    ['2027-01-01T20:00:00+09:00', '2027-01-01T11:00:00.000Z'],
    ['2027-01-01T20:00:00-05:30', '2027-01-02T01:30:00.000Z'],
    ['2027-01-01T20:00:00-00:00', '2027-01-01T20:00:00.000Z'],
    ['2027-01-01t20:00:00z', '2027-01-01T20:00:00.000Z'],
    ['2028-02-29T00:00:00.000000001+14:00', '2028-02-28T10:00:00.000Z'],
  ])('%s is read as %s, as times are answered', (given, read) => {
    expect(TimestampInput.parse(given)).toBe(read);
    expect(Timestamp.parse(read)).toBe(read);
  });

  it.each([
    '',
    '2027-01-01',
    '2027-01-01T20:00:00',
    '2027-01-01T20:00Z',
    '2027-01-01 20:00:00Z',
    '2027-01-01T20:00:00.1234567890Z',
    '2027-01-01T20:00:00.Z',
    '2027-01-01T20:00:00+9',
    '2027-01-01T20:00:00+24:00',
    '2027-02-29T20:00:00Z',
    '2027-13-01T20:00:00Z',
    '2027-01-01T24:00:00Z',
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59-01:00',
    'tomorrow',
    1_800_000_000,
  ])('%j is refused, and what is wanted is said', (given) => {
    const { error } = TimestampInput.safeParse(given);
    expect(error?.issues).toHaveLength(1);
    if (typeof given === 'string') expect(error?.issues[0]?.message).toMatch(/RFC 3339.*Z or .*\+09:00/);
  });

  it('is documented as a date-time', () => {
    expect(z.toJSONSchema(TimestampInput, { io: 'input' })).toMatchObject({ type: 'string', format: 'date-time' });
  });
});

describe('an id', () => {
  const id = '0197aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee';

  it('is read in small letters, as ids are answered', () => {
    expect(Id.parse(id.toUpperCase())).toBe(id);
    expect(IdParams.parse({ id: id.toUpperCase() })).toEqual({ id });
  });

  it.each([{ io: 'input' }, { io: 'output' }] as const)('is documented as a uuid: %j', ({ io }) => {
    expect(z.toJSONSchema(Id, { io })).toMatchObject({ type: 'string', format: 'uuid' });
  });
});
