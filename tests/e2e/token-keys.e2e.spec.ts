import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readMe, signIn, signUp, tokensOf } from '@onsale/contracts/commerce';
import { publicKeys } from '@onsale/contracts/gateway';
import { createAccessTokenSigner, type JSONWebKeySet } from '@onsale/shared/auth';
import { newId, systemClock } from '@onsale/shared/ids';
import { eventually, newKey, temporaryFolders } from '@onsale/shared/testing';
import { outcomeOf } from '../kit/outcome.ts';
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

/** Starts a service again with other keys in the file of this setting. */
const restartWith = async (service: 'gateway' | 'queue' | 'commerce', setting: string, keys: object): Promise<void> => {
  const file = join(folders.make(), 'keys.json');
  writeFileSync(file, JSON.stringify(keys));
  for (const process of fleet.processesOf(service)) {
    process.kill();
    await process.exited();
    await process.start({ [setting]: file });
  }
};

/** Starts a service again with these secrets for queue tokens. */
const restart = (service: 'gateway' | 'queue', secrets: readonly Secret[]): Promise<void> =>
  restartWith(service, 'ONSALE_QUEUE_TOKEN_SECRETS_FILE', secrets);
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

describe('the key of access tokens', () => {
  const signedIn = async (email: string): Promise<string> =>
    tokensOf(await fleet.client.call(signIn, { body: { email, password: 'correct horse battery' } })).accessToken;
  const me = async (accessToken: string): Promise<string> => (await outcomeOf(fleet.client.answer(readMe, { accessToken }))).is;
  const signerOf = (token: string): unknown =>
    (JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()) as { kid: string }).kid;

  it('is exchanged while members are signed in: either is good as long as both are published, the withdrawn one no longer', async () => {
    const [old] = (JSON.parse(readFileSync(fleet.keys.accessPrivate, 'utf8')) as JSONWebKeySet).keys;
    const email = `${newId()}@example.com`;
    await fleet.client.call(signUp, { body: { email, password: 'correct horse battery', name: 'Ada' } });
    const before = await signedIn(email);
    expect([signerOf(before), await me(before)]).toEqual([old!.kid, '200']);

    const fresh = newKey('access-next');
    await restartWith('commerce', 'ONSALE_ACCESS_PRIVATE_KEYS_FILE', { keys: [fresh, old] });
    const after = await eventually(() => signedIn(email));
    expect(signerOf(after)).toBe('access-next');
    await eventually(async () => expect(await me(after)).toBe('200')); // an unknown key is asked for, but not more than every 5 s
    expect(await me(before)).toBe('200');

    await restartWith('commerce', 'ONSALE_ACCESS_PRIVATE_KEYS_FILE', { keys: [fresh] });
    const unknown = await createAccessTokenSigner({ keys: { keys: [newKey('nobodys')] }, clock: systemClock, lifeSeconds: 60 }).sign({
      memberId: newId(),
      role: 'member',
      sessionId: newId(),
    });
    await eventually(async () => {
      await me(unknown); // has the gateway look at the keys again before its minute is over
      expect(await me(before)).toBe('401 UNAUTHENTICATED');
    });
    expect(await me(after)).toBe('200');
    await eventually(async () => expect((await fleet.client.call(publicKeys)).keys.map(({ kid }) => kid)).toEqual(['access-next']));

    await restartWith('commerce', 'ONSALE_ACCESS_PRIVATE_KEYS_FILE', { keys: [fresh, old] }); // what the fleet signs for other tests is good again
    await eventually(async () => expect(await me(before)).toBe('200'));
  });
});
