import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { memberHash } from '@onsale/shared/auth';
import { newId } from '@onsale/shared/ids';
import type { Room } from '../room.ts';
import { testRooms, type TestRooms } from '../testing/test-room.ts';

const away = new Set<string>();
let rooms: TestRooms;
let room: Room;
beforeAll(async () => {
  rooms = await testRooms();
  room = await rooms.replica({ ticking: false, withoutQueues: away });
});
afterEach(() => away.clear());
afterAll(() => rooms.stop());

const entered = async () => {
  const queueId = await rooms.queue(room, { cap: 0 });
  const [member] = rooms.members(room, queueId, 1);
  await member!.enters();
  return { queueId, member: member! };
};

const untold = async (queueId: string): Promise<number> => {
  const row = await rooms.db('journal').where({ queue_id: queueId, told: false }).count<{ rows: number }>({ rows: '*' }).first();
  return row!.rows;
};
/** So many places that have left, of which Redis is to be told. */
const haveLeft = (queueId: string, count: number) =>
  rooms.db('journal').insert(
    Array.from({ length: count }, (_, n) => ({
      queue_id: queueId,
      number: 1_000_000_000 + n,
      member: memberHash(newId()),
      lane: 'standard',
      score: 1_000_000_000 + n,
      late: false,
      ended_at: rooms.db.raw('NOW(3)'),
      ending: 'LEFT',
      told: false,
    })),
  );

describe('queues whose node of a cluster is away', () => {
  it('leave the others to Redis, which tells where members stand there', async () => {
    const [here, there] = [await entered(), await entered()];
    away.add(here.queueId);
    expect(await here.member.checked()).toEqual({ status: 'WAITING', pollAfterMs: expect.any(Number) });
    expect(await there.member.checked()).toMatchObject({ status: 'WAITING', position: 1 });
  });

  it('do not keep Redis from hearing what was decided for the others, however much there is to be told', async () => {
    const [here, there] = [await entered(), await entered()];
    await haveLeft(here.queueId, 1000);
    await haveLeft(there.queueId, 1);
    away.add(here.queueId);

    await expect(room.steps.tellLine()).rejects.toThrow('Connection is closed.');
    expect([await untold(here.queueId), await untold(there.queueId)]).toEqual([1000, 0]);
    away.clear();
    await room.steps.tellLine();
    expect(await untold(here.queueId)).toBe(0);
  });
});
