import { afterEach, describe, expect, it } from '@jest/globals';
import { createMetrics } from '../metrics/index.ts';
import { captureLog, eventually } from '../testing/index.ts';
import { createService, loop, type Part, type Service } from './index.ts';

const services: Service[] = [];
afterEach(async () => {
  for (const service of services.splice(0)) await service.stop();
});

const given = ({
  parts = [],
  checks = {},
  drainMs = 5000,
  drainDelayMs = 0,
}: { parts?: Part[]; checks?: Record<string, () => Promise<void>>; drainMs?: number; drainDelayMs?: number } = {}) => {
  const under: { answer?: () => void } = {};
  const captured = captureLog();
  const service = createService({
    name: 'test',
    settings: { host: '127.0.0.1', port: 0, opsPort: 0, drainMs, drainDelayMs },
    log: captured.log,
    metrics: createMetrics({ service: 'test', defaults: false }),
    app: (_req, res) => {
      under.answer = () => void res.end('done');
    },
    checks,
    parts,
  });
  services.push(service);
  return { service, under, logged: (msg: string) => captured.lines().find((line) => line.msg === msg) };
};

const statusOf = async (url: string): Promise<number> => {
  const answer = await fetch(url);
  await answer.text();
  return answer.status;
};

describe('createService', () => {
  it('starts its parts in order and stops them in reverse', async () => {
    const told: string[] = [];
    const part = (name: string): Part => ({
      name,
      start: async () => void told.push(`start ${name}`),
      stop: async () => void told.push(`stop ${name}`),
    });
    const { service } = given({ parts: [part('a'), part('b')] });
    await service.start();
    await service.stop();
    expect(told).toEqual(['start a', 'start b', 'stop b', 'stop a']);
  });

  it('stops what has started when a later part cannot start', async () => {
    const told: string[] = [];
    const good: Part = { name: 'good', start: async () => undefined, stop: async () => void told.push('stopped') };
    const bad: Part = { name: 'bad', start: () => Promise.reject(new Error('no')), stop: async () => undefined };
    await expect(given({ parts: [good, bad] }).service.start()).rejects.toThrow('no');
    expect(told).toEqual(['stopped']);
  });

  it('is ready while every check holds, alive all the same', async () => {
    const engine = { away: false };
    const { service } = given({ checks: { engine: () => (engine.away ? Promise.reject(new Error('away')) : Promise.resolve()) } });
    const { opsUrl } = await service.start();
    expect(await statusOf(`${opsUrl}/readyz`)).toBe(200);
    engine.away = true;
    expect(await statusOf(`${opsUrl}/readyz`)).toBe(503);
    expect(await statusOf(`${opsUrl}/healthz`)).toBe(200);
  });

  it('answers a path that it does not know by a problem, on the operations port too', async () => {
    const { service } = given();
    const { opsUrl } = await service.start();
    const answer = await fetch(`${opsUrl}/health`);
    expect(answer.headers.get('content-type')).toMatch('application/problem+json');
    expect(await answer.json()).toMatchObject({ status: 404, code: 'NOT_FOUND', instance: expect.stringMatching(/^urn:uuid:/) });
  });

  it('answers what is under way before it stops, and is not ready meanwhile', async () => {
    const { service, under, logged } = given();
    const { url, opsUrl } = await service.start();
    const asked = fetch(url);
    await eventually(() => expect(under.answer).toBeDefined());
    const stopped = service.stop();
    expect(await statusOf(`${opsUrl}/readyz`)).toBe(503);
    under.answer!();
    const answer = await asked;
    expect(await answer.text()).toBe('done');
    expect(answer.headers.get('connection')).toBe('close');
    await stopped;
    await expect(fetch(url)).rejects.toThrow();
    expect(logged('draining')).toMatchObject({ underWay: 1 });
    expect(logged('drained')).toMatchObject({ answered: 1, unanswered: 0 });
  });

  it('still takes requests for a while after it was told to stop, and keeps none of their connections', async () => {
    const { service, under, logged } = given({ drainDelayMs: 2_000 });
    const { url } = await service.start();
    const first = fetch(url); // what the first of all takes is no part of the delay
    await eventually(() => expect(under.answer).toBeDefined());
    under.answer!();
    await (await first).text();
    delete under.answer;
    const stopped = service.stop();
    const asked = fetch(url);
    await eventually(() => expect(under.answer).toBeDefined());
    under.answer!();
    expect((await asked).headers.get('connection')).toBe('close');
    await stopped;
    expect(logged('drained')).toMatchObject({ answered: 1, unanswered: 0 });
  });

  it('stops its parts only when the last request is answered, which may need them', async () => {
    const told: string[] = [];
    const part: Part = { name: 'part', start: async () => undefined, stop: async () => void told.push('part stopped') };
    const { service, under } = given({ parts: [part] });
    const { url } = await service.start();
    const asked = fetch(url).then(() => told.push('answered'));
    await eventually(() => expect(under.answer).toBeDefined());
    const stopped = service.stop();
    under.answer!();
    await Promise.all([asked, stopped]);
    expect(told).toEqual(['answered', 'part stopped']);
  });

  it('tells its parts how long the requests under way have', async () => {
    const told: unknown[] = [];
    const part: Part = {
      name: 'part',
      start: async () => undefined,
      stop: async () => void told.push('stop'),
      drain: (ms) => told.push(ms),
    };
    const { service } = given({ parts: [part], drainMs: 700 });
    await service.start();
    await service.stop();
    expect(told).toEqual([700, 'stop']);
  });

  it('begins nothing more when it is stopped while it starts', async () => {
    const told: string[] = [];
    const opening = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const slow: Part = {
      name: 'slow',
      start: () => (reached.resolve(), opening.promise),
      stop: async () => void told.push('slow stopped'),
    };
    const next: Part = { name: 'next', start: async () => void told.push('next started'), stop: async () => undefined };
    const { service } = given({ parts: [slow, next] });
    const starting = expect(service.start()).rejects.toThrow('stopped while it was starting');
    await reached.promise;
    await service.stop();
    opening.resolve();
    await starting;
    expect(told).toEqual(['slow stopped']);
  });

  it('cuts what is still under way at the drain’s deadline', async () => {
    const { service, under, logged } = given({ drainMs: 50 });
    const { url } = await service.start();
    const asked = fetch(url).catch(() => 'cut');
    await eventually(() => expect(under.answer).toBeDefined());
    await service.stop();
    expect(await asked).toBe('cut');
    expect(logged('drained')).toMatchObject({ answered: 0, unanswered: 1 });
  });
});

describe('loop', () => {
  it('takes turns that never overlap, at once when woken, and lives on after an error', async () => {
    let [running, most, turns, errors] = [0, 0, 0, 0];
    const part = loop({
      name: 'test',
      everyMs: 60_000,
      turn: async () => {
        most = Math.max(most, ++running);
        turns += 1;
        await Promise.resolve();
        running -= 1;
        if (turns === 2) throw new Error('once');
      },
      onError: () => void errors++,
    });
    await part.start();
    for (const expected of [1, 2, 3]) {
      await eventually(() => expect(turns).toBeGreaterThanOrEqual(expected));
      part.wake();
    }
    await eventually(() => expect(turns).toBe(4));
    await part.stop();
    part.wake();
    expect([most, errors, turns]).toEqual([1, 1, 4]);
  });
});
