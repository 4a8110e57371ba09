import { describe, expect, it } from '@jest/globals';
import { CallProblem, createClient } from '@onsale/contracts';
import { NothingToVerify, verifyDraw } from './verify-draw.ts';

type Answer = { status: number; body: object } | 'broken';

/** A gateway that answers these in turn, and the last one for ever. */
const gateway = (...answers: Answer[]) => {
  let asked = 0;
  const fetch = async () => {
    const answer = answers[Math.min(asked, answers.length - 1)]!;
    asked += 1;
    if (answer === 'broken') throw new TypeError('fetch failed', { cause: new Error('nobody is there') });
    const { status, body } = answer;
    return { ok: status < 300, status, headers: new Headers({ 'retry-after': '1' }), text: async () => JSON.stringify(body) };
  };
  return { client: createClient({ baseUrl: 'http://gateway', fetch }), queueId: 'tonight', asked: () => asked };
};

const seedHash = '66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925'; // SHA-256 of 32 zeros
const draw = { queueId: 'tonight', opensAt: '2030-01-01T00:00:00.000Z', seedHash, entries: [] };
const opened = { status: 200, body: { ...draw, seed: '00'.repeat(32), count: 0 } };

describe('verifying a draw', () => {
  it('says so before the opening, and while the list is being written down', async () => {
    await expect(verifyDraw(gateway({ status: 200, body: draw }))).rejects.toThrow(`Note its hash: ${seedHash}`);
    await expect(verifyDraw(gateway({ status: 200, body: { ...draw, seed: '00' } }))).rejects.toThrow('being written down');
  });

  it('goes on after a refusal that passes, and after a connection that broke', async () => {
    const busy = { status: 429, body: { code: 'RATE_LIMITED' } };
    await expect(verifyDraw(gateway(busy, 'broken', opened))).resolves.toMatchObject({ entries: 0, differences: [] });
  });

  it('ends where there is no draw, and where nobody answers', async () => {
    const none = gateway({ status: 404, body: { code: 'NOT_FOUND' } });
    await expect(verifyDraw(none)).rejects.toThrow(CallProblem);
    expect(none.asked()).toBe(1);
    const silent = gateway('broken');
    await expect(verifyDraw(silent)).rejects.toThrow(new NothingToVerify('The gateway does not answer: nobody is there'));
    expect(silent.asked()).toBe(3);
  });

  it('holds the seed against a hash that somebody noted, not against the one that is shown now', async () => {
    await expect(verifyDraw({ ...gateway(opened), notedHash: seedHash.toUpperCase() })).resolves.toMatchObject({ differences: [] });
    const { differences } = await verifyDraw({ ...gateway(opened), notedHash: 'ab'.repeat(32) });
    expect(differences).toMatchObject([{ what: 'the seed is not the one whose hash was published' }]);
  });
});
