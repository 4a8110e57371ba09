import { describe, expect, it } from '@jest/globals';
import { seatDemo } from './seat-demo.ts';

const events = { number: 300, admitted: 120, held: 50, lost: 7, paid: 49 };
const summary = { p50: 8.44, p95: 431.2, p99: 1_202, max: 1_202 };

const { texts } = seatDemo({ members: 300, seats: 50, cap: 25 });

describe('what the demo says', () => {
  it('is a line while it runs', () => {
    expect(texts.progress({ events, ends: {}, ended: 110 })).toBe(
      '  numbers 300   admitted 120   holds 50 (lost 7)   paid 49 of 50   gone 110 of 300',
    );
  });

  it('is a table at its end, with everybody in it', () => {
    const text = texts.closing({
      sale: { title: 'Demo sale', queueId: 'q', scheduleId: 's', seats: 50, cap: 25 },
      members: 300,
      counts: { events, ends: { paid: 49, 'sold out': 250, refused: 1 }, ended: 300 },
      journeys: [],
      sold: 49,
      steps: [
        { step: 'number', count: 300, ...summary },
        { step: 'lost hold', count: 7, ...summary },
      ],
      seconds: 21.04,
    });
    expect(text.split('\n')).toEqual([
      '',
      'Demo sale: over after 21.0 s',
      '',
      '  members       300, at most 25 of them inside at once',
      '  numbers       300',
      '  admitted      120',
      '  holds won     50',
      '  holds lost    7, to somebody faster',
      '  paid          49',
      '  without       250 sold out, 1 refused',
      '  sold          49 of 50 seats',
      '',
      '  step, ms    count   p50   p95    p99    max',
      '  number        300   8.4   431   1202   1202',
      '  lost hold       7   8.4   431   1202   1202',
      '',
    ]);
  });
});
