import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readDraw } from '@onsale/contracts/queue';
import { eventually } from '@onsale/shared/testing';
import { NothingToVerify, verifyDraw } from '../../scripts/draw/verify-draw.ts';
import { broken } from '../../scripts/invariants/report.ts';
import { verifyInvariants } from '../../scripts/invariants/verify-invariants.ts';
import type { TestMember } from '../kit/member.ts';
import { startTestFleet, type TestFleet } from '../kit/test-fleet.ts';

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await startTestFleet({ replicas: { queue: 2 } });
});
afterAll(() => fleet?.stop());

const root = join(import.meta.dirname, '../..');

/** As somebody types it: `npm run queue:verify-draw -- QUEUE --url ...`, which is this. */
const typed = (...args: string[]) =>
  new Promise<{ code: number | null; text: string }>((resolve) => {
    const child = execFile(process.execPath, [join(root, 'scripts/commands/verify-draw.ts'), ...args], (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, text: stdout + stderr }),
    );
  });

/** The opening comes, as if it had been for right after the last of these; both replicas know of it. */
const opens = async (queueId: string, numbers: readonly number[]): Promise<void> => {
  const { queue } = fleet.stores.databases;
  const { epoch } = await queue('queues').where({ id: queueId }).first<{ epoch: number }>('epoch');
  const opensAt = new Date(epoch + Math.ceil(Math.max(...numbers) / 1000) + 1);
  await queue('queues').where({ id: queueId }).update({ opens_at: opensAt });
  await eventually(
    async () => {
      for (let look = 0; look < 4; look += 1) expect((await fleet.queue(queueId)).state).toBe('OPEN');
    },
    { withinMs: 60_000 },
  );
};

const statuses = (queueId: string, members: readonly TestMember[]) =>
  Promise.all(members.map(async (member) => (await member.status(queueId)).body?.status));

describe('an opening', () => {
  it('is drawn: nobody comes in before it, all of before by the draw, later ones behind; a wipe changes nothing, and anybody can check it', async () => {
    const opensAt = new Date(Date.now() + 3_600_000).toISOString();
    const { queueId, scheduleId } = await fleet.sale({ seats: 4, queue: { cap: 3, maxPollSeconds: 1, opensAt } });
    const { client } = fleet;
    const members = await fleet.members(12);
    const entered = await Promise.all(members.map((member) => member.takesNumber(queueId)));
    const numbers = entered.map(({ body }) => body!.number);
    expect(entered.map(({ body }) => body!.status)).toEqual(members.map(() => 'PREQUEUE'));
    expect((await members[0].status(queueId)).body).not.toHaveProperty('position');
    expect(await members[0].holds(scheduleId, ['1'])).toMatchObject({
      is: '403 QUEUE_NOT_ADMITTED',
      problem: { queue: { status: 'PREQUEUE' } },
    });
    const { seedHash, ...published } = await client.call(readDraw, { params: { queueId } });
    expect(published).toEqual({ queueId, opensAt, entries: [] });
    await expect(verifyDraw({ client, queueId })).rejects.toThrow(NothingToVerify);

    const { queue } = fleet.stores.databases;
    await queue('queues').where({ id: queueId }).update({ longest_poll_ms: 3_600_000 }); // the line rests until we say so, however slow this machine is
    await fleet.emptyRedis();
    await eventually(
      async () => {
        expect(await statuses(queueId, members)).toEqual(members.map(() => 'PREQUEUE'));
        expect((await fleet.queue(queueId)).waiting).toBe(12);
      },
      { withinMs: 60_000 },
    );
    await opens(queueId, numbers);
    const late = await fleet.members(2);
    for (const member of late) await member.takesNumber(queueId);
    await queue('queues').where({ id: queueId }).update({ rest_until: new Date(), rest_watched_at: null });
    const { entries } = await eventually(
      async () => {
        const draw = await client.call(readDraw, { params: { queueId } });
        expect(draw.count).toBe(12);
        return draw;
      },
      { withinMs: 60_000 },
    );
    const byNumber = new Map(members.map((member, n) => [numbers[n]!, member]));
    const order = [...entries.map(({ number }) => byNumber.get(number)!), ...late];
    expect(new Set(order).size).toBe(14);

    for (let n = 0; n < order.length; n += 3) {
      const inside = order.slice(n, n + 3);
      await eventually(
        async () => {
          await statuses(queueId, order.slice(n));
          expect(await statuses(queueId, inside)).toEqual(inside.map(() => 'ADMITTED'));
        },
        { withinMs: 60_000 },
      );
      for (const member of inside) await member.leaves(queueId);
    }
    const verdict = await verifyDraw({ client, queueId, notedHash: seedHash, limit: 5 });
    expect(verdict).toEqual({ seedHash, entries: 12, admitted: 12, late: 0, returned: 0, differences: [] });
    expect(broken(await verifyInvariants(fleet))).toEqual([]);

    const url = ['--url', fleet.gatewayUrl];
    expect(await typed(queueId, ...url, '--hash', seedHash)).toMatchObject({ code: 0, text: expect.stringContaining('✔ The draw holds') });
    expect(await typed('no-such-queue', ...url)).toMatchObject({ code: 2 });
    const friend = { number: entries[11]!.number, score: entries[11]!.score };
    await queue('draw_entries')
      .where({ queue_id: queueId, ...friend })
      .update({ score: 1 });
    const planted = await typed(queueId, ...url);
    expect(planted).toMatchObject({ code: 1, text: expect.stringContaining('✖ The draw does not hold') });
    expect(planted.text).toContain(`its score is not the one that seed and member give: 1 (${friend.number})`);
    await queue('draw_entries').where({ queue_id: queueId, number: friend.number }).update({ score: friend.score });

    await queue('queues')
      .where({ id: queueId })
      .update({ draw_seed: Buffer.alloc(32, 1) });
    expect(await typed(queueId, ...url, '--hash', seedHash)).toMatchObject({
      code: 1,
      text: expect.stringContaining('the seed is not the one whose hash was published'),
    });
  });
});
