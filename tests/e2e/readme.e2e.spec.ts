import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readProduct } from '@onsale/contracts/commerce';
import { listConcerts, listSchedules } from '@onsale/contracts/reservation';
import { eventually, temporaryFolders } from '@onsale/shared/testing';
import { demoMember, operatorAccount } from '../../scripts/development/accounts.ts';
import { createOperator } from '../../scripts/development/create-operator.ts';
import { makeDevelopmentData } from '../../scripts/development/development-data.ts';
import { startTestFleet, type TestFleet } from '../kit/test-fleet.ts';

/** The blocks of a page that are commands, in their order. */
const commandsOf = (page: string): string[] =>
  [...readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8').matchAll(/^```bash\n([^]*?)^```$/gm)].map(([, block]) => block!);

const buying = commandsOf('README.md');
/** The second page takes the helpers of the first. */
const opening = [buying[0]!, ...commandsOf('docs/operations.md')];

const folders = temporaryFolders();
let fleet: TestFleet;
beforeAll(async () => {
  fleet = await startTestFleet();
  // as `npm start` does, and then a concert that is newer and not the one to be chosen
  const operator = operatorAccount({});
  await createOperator(operator, fleet.environmentOf('commerce'));
  const making = { gatewayUrl: fleet.gatewayUrl, operator, member: demoMember, say: () => {} };
  for (const made of [/^demo member, .*Signed print.*Welcome/, /^all there$/]) expect(await makeDevelopmentData(making)).toMatch(made);
  await fleet.sale({ seats: 1 });
});
afterAll(async () => {
  await fleet?.stop();
  folders.remove();
});

/** What each block said, run one after another in one shell, as by a person with a terminal. */
const run = async (blocks: readonly string[]) => {
  const cwd = folders.make();
  const script = blocks.map((block) => `${block}\necho '=== end of block ==='`).join('\n');
  const env = { PATH: process.env.PATH, HOME: cwd, SHOP: `${fleet.gatewayUrl}/api/v1` };
  return new Promise<{ code: number | null; said: string[]; complaints: string; files: string[] }>((resolve) => {
    const child = execFile(
      'bash',
      ['--norc', '-euo', 'pipefail', '-c', script],
      { cwd, env, timeout: 100_000 },
      (_error, stdout, complaints) => {
        const said = stdout.split('=== end of block ===\n').slice(0, blocks.length);
        resolve({ code: child.exitCode, said, complaints, files: readdirSync(cwd) });
      },
    );
  });
};
const answersOf = (said: string | undefined) =>
  (said ?? '')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const scheduleOf = async (title: string) => {
  const { items: concerts } = await fleet.client.call(listConcerts, { query: { limit: 100 } });
  const { items } = await fleet.client.call(listSchedules, { params: { id: concerts.find((concert) => concert.title === title)!.id } });
  return items[0]!;
};

describe('the README', () => {
  it('buys two seats by its own commands, each of which says what it promises, and leaves no file behind', async () => {
    const { code, said, complaints, files } = await run(buying.slice(0, 7));
    expect({ code, complaints, files }).toEqual({ code: 0, complaints: '', files: [] });
    const { id, total } = await scheduleOf('The Great Autumn Concert');
    const [, , , turn, held, paid, done] = said;
    expect(answersOf(turn)).toMatchObject([{ status: 'ADMITTED' }]);
    expect(answersOf(held)).toMatchObject([{ status: 'HELD', scheduleId: id, amount: 180_000, seats: [{}, {}] }]);
    expect(answersOf(paid)).toMatchObject([
      { type: 'CHARGE', amount: 180_000, balanceAfter: 180_000 },
      { status: 'COMPLETED', amount: 180_000 },
    ]);
    // what the last step claims: of the reservation, and of the place in the line, which is spent a moment after the payment
    expect(answersOf(done)).toMatchObject([
      { status: 'CONFIRMED', scheduleId: id },
      { status: 'COMPLETED', number: expect.any(Number) },
    ]);
    expect(await fleet.stores.sales(id)).toHaveLength(2);
    expect(await scheduleOf('The Great Autumn Concert')).toMatchObject({ available: total - 2 });
  });

  it('orders from the shop by its own commands, with a coupon, and gives all of it back', async () => {
    const { code, said, complaints } = await run([...buying.slice(0, 2), ...buying.slice(7)]);
    expect({ code, complaints }).toEqual({ code: 0, complaints: '' });
    const [, , found, ordered, cancelled] = said;
    const [print] = answersOf(found);
    expect(print).toMatchObject({ name: 'Signed print, one of a hundred', price: 60_000, onSale: true, perMemberLimit: 2 });
    expect(answersOf(ordered)).toMatchObject([
      { type: 'CHARGE', amount: 60_000 },
      { status: 'COMPLETED', items: [{ productId: print!.id, quantity: 1 }], subtotal: 60_000, discount: 6_000, total: 54_000 },
    ]);
    const [popular, asked, ended, wallet] = answersOf(cancelled);
    expect(popular).toMatchObject({ items: [{ id: print!.id, sold: 1 }] });
    expect([asked!.id, ended]).toEqual([ended!.id, expect.objectContaining({ status: 'CANCELLED' })]);
    expect(wallet).toEqual({ balance: 60_000 });
    expect(await fleet.client.call(readProduct, { params: { id: print!.id as string } })).toMatchObject({ available: print!.available });
  });

  it('renews the session', async () => {
    const renewing = 'BEFORE=$SESSION\nME=lost\nrenew\nsend GET /members/me -H "$ME"\n[ "$SESSION" != "$BEFORE" ]';
    const { code, said, complaints } = await run([...buying.slice(0, 2), renewing]);
    expect({ code, complaints }).toEqual({ code: 0, complaints: '' });
    expect(answersOf(said[2])).toMatchObject([{ name: 'Ada' }]);
  });

  it('shows the problem of what is refused, and goes no further', async () => {
    const { code, complaints } = await run([buying[0]!, 'SESSION=$(send GET /members/me | field name)\necho unreachable']);
    expect(code).toBe(1);
    expect(complaints).toMatch(/^GET \/members\/me was refused: \{.*"code":"UNAUTHENTICATED".*\}\n$/);
  });

  it('gives up what it waits for', async () => {
    const waiting = 'sleep() { :; }\nwait_for \'"SOLD OUT"\' GET /queues';
    const { code, complaints } = await run([buying[0]!, waiting]);
    expect(code).toBe(1);
    expect(complaints).toMatch(/^still no "SOLD OUT" after two minutes: \{"items":/);
  });
});

describe('the page on operations', () => {
  it('opens a sale by its own commands, and changes its cap while it runs', async () => {
    const { code, said, complaints, files } = await run(opening);
    expect({ code, complaints, files }).toEqual({ code: 0, complaints: '', files: [] });
    const [, , line, schedule, changed, goods] = said;
    const [opened] = answersOf(line);
    expect(opened).toMatchObject({ state: 'OPEN', cap: 2, windowSeconds: 300 });
    expect(answersOf(schedule)).toMatchObject([{ queueId: opened!.id, total: 280, available: 280 }]);
    expect(answersOf(changed)).toMatchObject([{ cap: 50, message: 'Welcome.' }, { cap: 50 }]);

    expect(answersOf(goods)).toMatchObject([
      { name: 'A lamp', perMemberLimit: 2, available: 30, stocked: 30, onSale: true },
      { onSale: false, version: 2 },
    ]);

    const { id: scheduleId, queueId } = await scheduleOf('Spring');
    const [ada] = await fleet.members(1);
    await ada.isAdmitted(queueId);
    expect(await ada.holds(scheduleId, ['1'])).toMatchObject({ is: '201' });
    await eventually(async () => expect(await fleet.queue(queueId)).toMatchObject({ cap: 50, admitted: 1 }));
  });
});
