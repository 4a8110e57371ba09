import { join } from 'node:path';
import { deleteMe, readExport, requestExport, signIn, signUp, tokensOf } from '@onsale/contracts/commerce';
import { within } from '@onsale/shared/deadline';
import { idToBytes, newId } from '@onsale/shared/ids';
import { eventually, temporaryFolders } from '@onsale/shared/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ServiceName } from '../../scripts/fleet/services.ts';
import { cellsOf, OF_MESSAGES } from '../kit/crash-suite.ts';
import { deathsIn, drawn } from '../kit/deaths.ts';
import { createMember, type TestMember } from '../kit/member.ts';
import { outcomeOf } from '../kit/outcome.ts';
import { startTestFleet, type TestFleet } from '../kit/test-fleet.ts';

const DELETED = 'onsale.commerce.member-deleted.v1';
const ASKED = 'onsale.commerce.member-data-requested.v1';

interface Cell {
  readonly service: ServiceName;
  readonly point: string;
  readonly wish: 'goes' | 'is refused' | 'sees its data';
}
const wishing = (wish: Cell['wish'], cells: readonly { service: ServiceName; point: string }[]): Cell[] =>
  cells.map(({ service, point }) => ({ service, point, wish }));

const cells = drawn([
  ...wishing('goes', [
    ...cellsOf('commerce', ['DELETE /members/me'], ['after-commit', 'before-answer']),
    ...cellsOf('payment', ['wallet:do'], ['before-offset']),
    ...cellsOf('commerce', ['reply:holds:do'], OF_MESSAGES), // erases
    ...cellsOf('commerce', [DELETED], ['after-publish']),
    ...cellsOf('payment', [DELETED], ['after-commit']),
    ...cellsOf('reservation', [DELETED], ['before-commit']),
  ]),
  ...wishing('is refused', [
    ...cellsOf('payment', ['wallet:undo'], ['after-commit']),
    ...cellsOf('commerce', ['reply:wallet:undo'], ['before-commit']),
  ]),
  ...wishing('sees its data', [
    ...cellsOf('commerce', ['POST /members/me/exports'], ['after-commit']),
    ...cellsOf('payment', [ASKED], ['before-offset']),
    ...cellsOf('commerce', ['onsale.payment.member-data.v1'], ['before-offset']),
  ]),
]);

const folders = temporaryFolders();
let fleet: TestFleet;
let sale: Awaited<ReturnType<TestFleet['sale']>>;
beforeAll(async () => {
  // nothing is sent again for want of an answer: outbox, Kafka and inbox alone see to it that a deletion goes on
  const settings = { all: { ONSALE_KAFKA_SESSION_MS: '6000' }, commerce: { ONSALE_SAGA_SWEEP_MS: '3600000' } };
  fleet = await startTestFleet({ settings });
  sale = await fleet.sale({ seats: 50, price: 1_000, queue: { cap: 50 } });
});
afterAll(async () => {
  await fleet?.stop();
  folders.remove();
});

const PASSWORD = 'correct horse battery';
const BALANCE = 2_000;
let seat = 0;

const signedUp = async (): Promise<TestMember> => {
  const email = `${newId()}@example.com`;
  const { id } = await fleet.client.call(signUp, { body: { email, password: PASSWORD, name: 'Ada' } });
  const { accessToken } = tokensOf(await fleet.client.call(signIn, { body: { email, password: PASSWORD } }));
  const ada = createMember({ client: fleet.client, id, accessToken });
  await ada.charges(BALANCE);
  return ada;
};

/** Asks; the answer may be lost with the process. */
const asks = {
  goes: ({ accessToken }: TestMember) =>
    outcomeOf(fleet.client.answer(deleteMe, { accessToken, body: { password: PASSWORD, giveUpBalance: true } })),
  'is refused': async (ada: TestMember) => {
    await ada.isAdmitted(sale.queueId);
    await ada.holds(sale.scheduleId, [String(++seat)]);
    return asks.goes(ada);
  },
  'sees its data': ({ accessToken }: TestMember) => outcomeOf(fleet.client.answer(requestExport, { accessToken })),
};

const statesOf = async ({ id }: TestMember) => {
  const { commerce, payment } = fleet.stores.databases;
  const bytes = idToBytes(id);
  return {
    members: (await commerce('members').where({ id: bytes })).length,
    deletions: (await commerce('account_deletions').where({ member_id: bytes }).pluck('status')) as string[],
    sagas: (await commerce('sagas').whereIn('status', ['RUNNING', 'COMPENSATING'])).length,
    alive: (await commerce('sessions').where({ member_id: bytes }).whereNull('ended_at')).length,
    closed: (await payment('wallets').where({ member_id: bytes }).whereNotNull('closed_by')).length,
    ...(await fleet.stores.balanceOf(id)),
  };
};
const GONE = { members: 0, deletions: ['DONE'], sagas: 0, alive: 0, closed: 1, balance: 0, entries: 0 };
const AS_IT_WAS = { members: 1, deletions: ['REFUSED'], sagas: 0, alive: 1, closed: 0, balance: BALANCE, entries: BALANCE };

/** The same wish again, as by a client that had no answer; then what is in the stores. */
const ends: Record<Cell['wish'], (ada: TestMember) => Promise<void>> = {
  goes: async (ada) => {
    if ((await statesOf(ada)).deletions.length === 0) await eventually(async () => expect((await asks.goes(ada)).is).toMatch(/^20|^401/));
    await eventually(async () => expect(await statesOf(ada)).toEqual(GONE), { withinMs: 60_000 });
  },
  'is refused': (ada) => eventually(async () => expect(await statesOf(ada)).toEqual(AS_IT_WAS), { withinMs: 60_000 }),
  'sees its data': (ada) =>
    eventually(
      async () => {
        const { accessToken } = ada;
        const { id } = await fleet.client.call(requestExport, { accessToken });
        const { status, data } = await fleet.client.call(readExport, { accessToken, params: { id } });
        expect([status, data?.walletEntries?.length]).toEqual(['READY', 1]);
        expect(await fleet.stores.databases.commerce('data_exports').where({ member_id: idToBytes(ada.id) })).toHaveLength(1);
      },
      { withinMs: 60_000 },
    ),
};

describe('an account whose member', () => {
  it.each(cells)(
    '$wish comes to its end after $service has died at $point',
    async ({ service, point, wish }) => {
      const ada = await signedUp();
      const victim = fleet.processesOf(service)[0]!;
      const log = join(folders.make(), 'deaths');
      await victim.stop();
      await victim.start({ ONSALE_CRASH_AT: `${point}#1`, ONSALE_CRASH_LOG: log });
      try {
        const asked = asks[wish](ada).catch(() => undefined);
        expect(await within(60_000, victim.exited(), `the death at ${point}`)).toEqual({ code: null, signal: 'SIGKILL' });
        expect(deathsIn(log)).toEqual([expect.objectContaining({ point })]); // parts of one answer may come together
        await victim.start();
        await asked;
      } catch (error) {
        victim.kill();
        await victim.exited();
        await victim.start(); // the next one shall not suffer for this one
        throw error;
      }
      await ends[wish](ada);
    },
    300_000,
  );
});
