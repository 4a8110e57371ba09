import { describe, expect, it } from '@jest/globals';
import { createInsist } from './insist.ts';

const headers = { get: (name: string) => (name === 'retry-after' ? '0' : null) };
const answers = {
  done: { is: '201', status: 201, body: 'it', headers },
  busy: { is: '409 BUSY', status: 409, code: 'BUSY', headers },
  away: { is: '503', status: 503, code: 'UPSTREAM_UNAVAILABLE', headers },
  notAdmitted: { is: '403', status: 403, code: 'QUEUE_NOT_ADMITTED', headers },
  taken: { is: '409', status: 409, code: 'SEAT_TAKEN', headers },
};
const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' });

const asked = (withinMs: number, ...says: (keyof typeof answers | Error)[]) => {
  const insist = createInsist({ withinMs, random: () => 0 });
  return insist(async () => {
    const next = says.length > 1 ? says.shift()! : says[0]!;
    if (next instanceof Error) throw next;
    return answers[next];
  });
};

describe('insisting', () => {
  it('asks until it is answered', async () => {
    expect(await asked(10_000, 'busy', reset, 'away', 'done')).toEqual({ attempts: 4, last: answers.done, unknown: false });
  });

  it('knows that nothing was done when every attempt was turned away', async () => {
    expect(await asked(0, 'busy')).toEqual({ attempts: 1, last: answers.busy, unknown: false });
  });

  it.each([[reset], ['away' as const]])('does not know what came of it when the time is over after %s', async (last) => {
    expect(await asked(0, last)).toMatchObject({ attempts: 1, unknown: true });
  });

  it('does not take the word of a gate for what came of an attempt before', async () => {
    expect(await asked(10_000, reset, 'notAdmitted')).toMatchObject({ last: answers.notAdmitted, unknown: true });
    expect(await asked(10_000, 'busy', 'notAdmitted')).toMatchObject({ last: answers.notAdmitted, unknown: false });
    expect(await asked(10_000, reset, 'taken')).toMatchObject({ last: answers.taken, unknown: false });
  });

  it('ends with its signal', async () => {
    const insist = createInsist({ withinMs: 10_000, random: () => 0, signal: AbortSignal.abort(new Error('enough')) });
    await expect(insist(async () => answers.busy)).rejects.toThrow('enough');
  });
});
