import { describe, expect, it } from '@jest/globals';
import { assertAdmitted } from './admission.ts';
import { assertOnSale } from './sale-window.ts';

const at = (time: string) => new Date(`2030-06-01T${time}Z`);
const schedule = { salesOpenAt: at('10:00:00.000'), startsAt: at('20:00:00.000') };
const refusal = (fn: () => void): unknown => {
  try {
    fn();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('assertOnSale', () => {
  it.each([
    ['09:59:59.999', { code: 'SALE_NOT_OPEN', extra: { salesOpenAt: '2030-06-01T10:00:00.000Z' } }],
    ['20:00:00.000', { code: 'SALE_NOT_OPEN', extra: { startsAt: '2030-06-01T20:00:00.000Z' } }],
  ])('refuses at %s, saying which time matters', (time, expected) => {
    expect(refusal(() => assertOnSale(schedule, at(time)))).toMatchObject(expected);
  });

  it.each(['10:00:00.000', '19:59:59.999'])('lets pass at %s', (time) => {
    expect(refusal(() => assertOnSale(schedule, at(time)))).toBeUndefined();
  });
});

describe('assertAdmitted', () => {
  it('asks for the line of the schedule', () => {
    const admission = { queueId: 'tonight', number: 7, lane: 'standard', status: 'ADMITTED' };
    expect(refusal(() => assertAdmitted({ queueId: 'tonight' }, admission))).toBeUndefined();
    expect(refusal(() => assertAdmitted({ queueId: 'tomorrow' }, admission))).toMatchObject({ code: 'QUEUE_WRONG' });
  });

  it('asks that it is the caller’s turn', () => {
    const admission = { queueId: 'tonight', number: 7, lane: 'standard', status: 'ISSUED' };
    expect(refusal(() => assertAdmitted({ queueId: 'tonight' }, admission))).toMatchObject({ code: 'QUEUE_NOT_ADMITTED' });
  });
});
