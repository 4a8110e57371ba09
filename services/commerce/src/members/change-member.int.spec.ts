import * as contract from '@onsale/contracts/commerce';
import { idToBytes, newId } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startCommerce, statusOf, type Commerce } from '../testing/start-commerce.ts';

let commerce: Commerce;
beforeAll(async () => {
  commerce = await startCommerce();
});
afterAll(() => commerce.stop());

const change = (id: string, patch: { role?: 'member' | 'operator'; lanes?: string[] }) =>
  commerce.operator.answer(contract.changeMember, { params: { id }, body: patch });
const auditOf = async (id: string) =>
  (await commerce.operator.call(contract.readCommerceAudit, { query: { subject: id } })).items.map(({ actor, action, before, after }) => ({
    actor,
    action,
    before,
    after,
  }));

describe('an operator who grants a member lanes', () => {
  it('has them in the tokens of the next sign-in and the next refresh, and in the audit', async () => {
    const given = await commerce.newMember();
    const before = await commerce.signIn(given);
    expect((await change(given.id, { lanes: ['vip', 'press'] })).body).toMatchObject({
      id: given.id,
      role: 'member',
      lanes: ['vip', 'press'],
    });

    const tokens = [await commerce.signIn(given), (await commerce.refresh(before.refreshToken)).body];
    for (const { accessToken } of tokens) expect((await commerce.accessTokens.verify(accessToken)).lanes).toEqual(['vip', 'press']);
    expect(await auditOf(given.id)).toEqual([
      {
        actor: commerce.operatorId,
        action: 'member.change',
        before: { role: 'member', lanes: [] },
        after: { role: 'member', lanes: ['vip', 'press'] },
      },
    ]);

    expect((await change(given.id, { lanes: [] })).body).not.toHaveProperty('lanes');
    expect(await commerce.accessTokens.verify((await commerce.signIn(given)).accessToken)).not.toHaveProperty('lanes');
  });

  it('is told what is wrong with names of lanes, and nothing is changed', async () => {
    const { id } = await commerce.newMember();
    for (const lanes of [['VIP'], ['a'.repeat(21)], ['vip', 'vip'], Array.from({ length: 9 }, (_, i) => `l${i}`)])
      expect(await statusOf(change(id, { lanes }))).toBe('400 VALIDATION_FAILED');
    expect(await statusOf(change(newId(), { lanes: ['vip'] }))).toBe('404 NOT_FOUND');
    expect(await auditOf(id)).toEqual([]);
  });
});

describe('an operator who changes a role', () => {
  it('ends the sessions that tell of the old one, at the gateway too', async () => {
    const given = await commerce.newMember();
    const sessions = [await commerce.signIn(given), await commerce.signIn(given)];
    await change(given.id, { role: 'operator' });

    for (const { accessToken, refreshToken } of sessions) {
      expect(await commerce.isDenied((await commerce.accessTokens.verify(accessToken)).sessionId)).toBe(true);
      expect(await statusOf(commerce.refresh(refreshToken))).toBe('401 SESSION_ENDED');
    }
    const { accessToken } = await commerce.signIn(given);
    expect(await commerce.accessTokens.verify(accessToken)).toMatchObject({ role: 'operator' });
  });

  it('leaves no session of the old one that begins at the same moment: the change comes first, or ends it', async () => {
    const given = await commerce.newMember();
    await change(given.id, { role: 'operator' });
    const waiting = async (): Promise<unknown[]> => {
      const [rows] = (await commerce.db.raw(
        "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND LOWER(info) LIKE '%lock in share mode'",
      )) as [unknown[]];
      return rows;
    };
    const changing = await commerce.db.transaction();
    await changing('members')
      .where({ id: idToBytes(given.id) })
      .update({ role: 'member' });
    let answered = false;
    const session = commerce.signIn(given).finally(() => (answered = true));
    await eventually(async () => expect(answered || (await waiting()).length > 0).toBe(true));
    await changing.commit();
    expect(await commerce.accessTokens.verify((await session).accessToken)).toMatchObject({ role: 'member' });
  });

  it('cannot take their own away', async () => {
    const given = await commerce.newMember();
    await change(given.id, { role: 'operator' });
    const own = commerce.asMember({ id: given.id, role: 'operator', sessionId: newId() });
    const answer = own.answer(contract.changeMember, { params: { id: given.id }, body: { role: 'member' } });
    expect(await statusOf(answer)).toBe('403 FORBIDDEN');
  });
});

describe('members, for operators', () => {
  it('are found by email, whatever its case, and by id, and listed in pages', async () => {
    const [first, second] = [await commerce.newMember({ email: 'find-me@example.com' }), await commerce.newMember()];
    const { password: _password, ...shown } = first;
    expect(await commerce.operator.call(contract.listMembers, { query: { email: 'Find-Me@example.com' } })).toEqual({ items: [shown] });
    expect(await commerce.operator.call(contract.readMember, { params: { id: first.id } })).toEqual(shown);

    const ids: string[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await commerce.operator.call(contract.listMembers, { query: { limit: 2, ...(cursor && { cursor }) } });
      ids.push(...page.items.map(({ id }) => id));
      if (page.nextCursor === undefined) break;
      cursor = page.nextCursor;
    }
    expect(ids).toEqual(expect.arrayContaining([first.id, second.id]));
    expect(ids).toEqual(ids.toSorted());
  });

  it('are nothing that a member may see or change', async () => {
    const { id } = await commerce.newMember();
    const member = commerce.asMember({ id, role: 'member', sessionId: newId() });
    expect(await statusOf(member.answer(contract.listMembers, { query: {} }))).toBe('403 FORBIDDEN');
    expect(await statusOf(member.answer(contract.changeMember, { params: { id }, body: { lanes: ['vip'] } }))).toBe('403 FORBIDDEN');
  });
});
