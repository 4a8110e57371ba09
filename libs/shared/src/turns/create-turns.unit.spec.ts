import { describe, expect, it } from '@jest/globals';
import { createTurns, GaveUp, Overloaded } from './create-turns.ts';

/** Work that ends when it is told to. */
const pieceOfWork = () => {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let begun = false;
  const work = (): Promise<string> => {
    begun = true;
    return promise;
  };
  return { work, end: resolve, fail: reject, begun: () => begun };
};
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('turns', () => {
  it('lets only so many run at once, and the others in the order in which they came', async () => {
    const turns = createTurns({ what: 'pieces', atOnce: 2, waiting: 2 });
    const pieces = [pieceOfWork(), pieceOfWork(), pieceOfWork(), pieceOfWork()] as const;
    const answers = pieces.map((piece) => turns.take(piece.work));
    await settle();
    expect(pieces.map((piece) => piece.begun())).toEqual([true, true, false, false]);
    expect(turns.waiting()).toBe(2);
    pieces[1].end('b');
    await settle();
    expect(pieces.map((piece) => piece.begun())).toEqual([true, true, true, false]);
    pieces[2].end('c');
    pieces[0].end('a');
    pieces[3].end('d');
    await expect(Promise.all(answers)).resolves.toEqual(['a', 'b', 'c', 'd']);
    expect(turns.waiting()).toBe(0);
  });

  it('refuses whoever finds the line full, with a time to come back', async () => {
    const turns = createTurns({ what: 'pieces', atOnce: 1, waiting: 1 });
    const [first, second] = [pieceOfWork(), pieceOfWork()];
    const answers = [turns.take(first.work), turns.take(second.work)];
    await expect(turns.take(async () => 'late')).rejects.toBeInstanceOf(Overloaded);
    await expect(turns.take(async () => 'late')).rejects.toMatchObject({ code: 'OVERLOADED', retryAfterSeconds: 2 });
    first.end('a');
    second.end('b');
    await Promise.all(answers);
    await expect(turns.take(async () => 'c')).resolves.toBe('c');
  });

  it('gives the turn on after work that failed', async () => {
    const turns = createTurns({ what: 'pieces', atOnce: 1, waiting: 1 });
    const [first, second] = [pieceOfWork(), pieceOfWork()];
    const failing = turns.take(first.work);
    const waiting = turns.take(second.work);
    first.fail(new Error('broken'));
    await expect(failing).rejects.toThrow('broken');
    second.end('b');
    await expect(waiting).resolves.toBe('b');
    await expect(turns.take(async () => 'c')).resolves.toBe('c');
  });

  it('drops work whose client went away, before it costs anything', async () => {
    const turns = createTurns({ what: 'pieces', atOnce: 1, waiting: 2 });
    const [first, dropped, third] = [pieceOfWork(), pieceOfWork(), pieceOfWork()];
    const client = new AbortController();
    const answers = [turns.take(first.work), turns.take(third.work)];
    const gone = turns.take(dropped.work, client.signal);
    client.abort();
    await expect(gone).rejects.toBeInstanceOf(GaveUp);
    await expect(turns.take(dropped.work, client.signal)).rejects.toBeInstanceOf(GaveUp);
    first.end('a');
    third.end('c');
    await expect(Promise.all(answers)).resolves.toEqual(['a', 'c']);
    expect(dropped.begun()).toBe(false);
    await expect(turns.take(async () => 'd')).resolves.toBe('d');
  });
});
