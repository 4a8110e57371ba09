import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, temporaryFolders } from '@onsale/shared/testing';
import { startTestFleet, type TestFleet } from '../kit/test-fleet.ts';

interface Secret {
  readonly kid: string;
  readonly secret: string;
}

const folders = temporaryFolders();
let fleet: TestFleet;
beforeAll(async () => {
  fleet = await startTestFleet();
});
afterAll(async () => {
  await fleet?.stop();
  folders.remove();
});

const next: Secret = { kid: 'next', secret: 'n'.repeat(32) };

/** Starts a service again with these secrets for queue tokens. */
const restart = async (service: 'gateway' | 'queue', secrets: readonly Secret[]): Promise<void> => {
  const file = join(folders.make(), 'secrets.json');
  writeFileSync(file, JSON.stringify(secrets));
  for (const process of fleet.processesOf(service)) {
    process.kill();
    await process.exited();
    await process.start({ ONSALE_QUEUE_TOKEN_SECRETS_FILE: file });
  }
};
const kidOf = (token: string | undefined): string | undefined => token?.split('.')[1];

describe('the key of queue tokens', () => {
  it('is exchanged while members wait: either is good as long as both are known, the former one no longer, and nobody loses a place', async () => {
    const [old] = JSON.parse(readFileSync(fleet.keys.queueTokenSecrets, 'utf8')) as [Secret];
    const { queueId, scheduleId } = await fleet.sale({ seats: 4, queue: { cap: 1 } });
    const [inside, first, second] = await fleet.members(3);
    await inside.isAdmitted(queueId);
    const number = (await first.takesNumber(queueId)).body!.number;
    const before = first.token();
    expect(kidOf(before)).toBe(old.kid);

    await Promise.all([restart('gateway', [old, next]), restart('queue', [next, old])]); // either may be the first, wherever it is
    expect(await inside.holds(scheduleId, ['1'])).toMatchObject({ is: '201' });
    expect((await first.status(queueId)).body).toMatchObject({ status: 'WAITING', position: 1 });
    await second.takesNumber(queueId);
    expect(kidOf(second.token())).toBe(next.kid);
    expect((await second.status(queueId)).body).toMatchObject({ status: 'WAITING', position: 2 });
    expect((await first.takesNumber(queueId)).body).toMatchObject({ number, position: 1 });
    expect(kidOf(first.token())).toBe(next.kid);

    await Promise.all([restart('gateway', [next]), restart('queue', [next])]);
    expect(await inside.once().holds(scheduleId, ['2'])).toMatchObject({ is: '401 QUEUE_TOKEN_INVALID' });
    expect((await inside.takesNumber(queueId)).body).toMatchObject({ status: 'ADMITTED' });
    expect(await inside.holds(scheduleId, ['2'])).toMatchObject({ is: '201' });
    await inside.leaves(queueId);
    await eventually(async () => expect((await first.status(queueId)).body).toMatchObject({ status: 'ADMITTED' }));
    expect(await first.holds(scheduleId, ['3'])).toMatchObject({ is: '201' });
  });
});
