import { describe, expect, it } from '@jest/globals';
import { isWorthTelling, numberWords, placeWords, progressOf, waitWords } from './wording.js';

describe('the words of the page', () => {
  it.each([
    [undefined, 'not known yet'],
    [0, 'less than a minute'],
    [59, 'less than a minute'],
    [60, 'about 1 minute'],
    [61, 'about 2 minutes'],
    [3599, 'about 1 hour'],
    [3600, 'about 1 hour'],
    [3601, 'about 1 hour 10 minutes'],
    [7140, 'about 2 hours'],
    [8000, 'about 2 hours 20 minutes'],
    [86_400, 'more than a day'],
    [86_399, 'more than a day'],
  ])('say a wait of %p seconds as %s', (seconds, words) => {
    expect(waitWords(seconds)).toBe(words);
  });

  it('say where somebody stands', () => {
    expect(numberWords(1_234_567)).toBe('1,234,567');
    expect(placeWords({ status: 'WAITING', position: 1234, etaSeconds: 600 })).toBe('You are number 1,234 in line, about 10 minutes');
    expect(placeWords({ status: 'WAITING', position: 1 })).toBe('You are next in line');
    expect(placeWords({ status: 'WAITING', position: 5, etaSeconds: 60, state: 'PAUSED' })).toBe(
      'You are number 5 in line; admission is paused',
    );
    expect(placeWords({ status: 'PREQUEUE' })).toBe('The sale has not opened yet');
  });

  it('measure progress from the first position seen, however it was forged', () => {
    expect(progressOf({ position: 25, first: 100 })).toEqual({ value: 75, max: 100 });
    expect(progressOf({ position: 200, first: 100 })).toEqual({ value: 0, max: 100 });
    expect(progressOf({ position: 1, first: 1 })).toEqual({ value: 0, max: 1 });
    expect(progressOf({ first: 1 })).toBeUndefined();
  });
});

describe('what is read out to somebody who listens', () => {
  const told = { status: 'WAITING', state: 'OPEN', position: 100 };

  it.each([
    ['another state', { ...told, state: 'PAUSED' }],
    ['a message', { ...told, message: 'Soon.' }],
    ['half of the line gone', { ...told, position: 50 }],
    ['admission', { status: 'ADMITTED' }],
  ])('is %s', (_what, now) => {
    expect(isWorthTelling(told, now)).toBe(true);
  });

  it.each([
    ['every step', { ...told, position: 51 }],
    ['a step back', { ...told, position: 101 }],
    ['another estimate', { ...told, etaSeconds: 60 }],
  ])('is not %s', (_what, now) => {
    expect(isWorthTelling(told, now)).toBe(false);
  });

  it('is being next, and that once', () => {
    expect(isWorthTelling({ ...told, position: 2 }, { ...told, position: 1 })).toBe(true);
    expect(isWorthTelling({ ...told, position: 1 }, { ...told, position: 1 })).toBe(false);
  });
});
