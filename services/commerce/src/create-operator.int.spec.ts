import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startCommerce, type Commerce } from './testing/start-commerce.ts';

let commerce: Commerce;
beforeAll(async () => {
  commerce = await startCommerce();
});
afterAll(() => commerce.stop());

const OPERATOR = { email: 'Head@Example.com', name: 'Head of Sales' };
const PASSWORD = 'the first password';

/** Runs the command as a deployment would: in production mode, with nothing but the database's address. */
const createOperator = async (args: string[], password: string) => {
  const command = spawn(process.execPath, [fileURLToPath(new URL('create-operator.ts', import.meta.url)), ...args], {
    env: { ONSALE_MODE: 'production', ONSALE_MYSQL_URL: commerce.databaseUrl },
  });
  command.stdin.end(password);
  const exited = new Promise<number | null>((resolve) => {
    command.on('exit', resolve);
  });
  const [said, complained, code] = await Promise.all([text(command.stdout), text(command.stderr), exited]);
  return { code, said, complained };
};
const argumentsOf = ({ email, name }: { email: string; name: string }): string[] => ['--email', email, '--name', name];
const membersNamed = (email: string): Promise<{ role: string; password_hash: string }[]> => commerce.db('members').where({ email });

describe('create-operator', () => {
  it('makes an operator who can sign in, and changes nothing when it is run again', async () => {
    expect(await createOperator(argumentsOf(OPERATOR), `${PASSWORD}\n`)).toMatchObject({
      code: 0,
      said: expect.stringMatching(/^operator head@example.com made/),
    });
    const { accessToken } = await commerce.signIn({ email: OPERATOR.email, password: PASSWORD });
    expect(await commerce.accessTokens.verify(accessToken)).toMatchObject({ role: 'operator' });

    const { memberId } = await commerce.accessTokens.verify(accessToken);
    const audit = async () =>
      (await commerce.db('audit').where({ subject: memberId })).map(({ actor, action, after_change }) => [
        actor,
        action,
        JSON.parse(after_change),
      ]);
    const made = [['system', 'operator.create', { role: 'operator' }]];
    expect(await audit()).toEqual(made);

    const before = await membersNamed(OPERATOR.email);
    expect(await createOperator(argumentsOf(OPERATOR), 'another password')).toMatchObject({
      code: 0,
      said: expect.stringContaining('exists already'),
    });
    expect(await membersNamed(OPERATOR.email)).toEqual(before);
    expect(await audit()).toEqual(made);
  });

  it('does not raise a member who has the email', async () => {
    const member = await commerce.newMember();
    expect(await createOperator(argumentsOf({ ...OPERATOR, email: member.email }), PASSWORD)).toMatchObject({
      code: 1,
      complained: expect.stringContaining('no operator'),
    });
    expect(await membersNamed(member.email)).toMatchObject([{ role: 'member' }]);
  });

  it('says what is wrong with its input, without repeating the password', async () => {
    const other = { email: 'other@example.com', name: 'Other' };
    const short = await createOperator(argumentsOf(other), 'short pw');
    expect(short).toMatchObject({ code: 1, said: '', complained: expect.stringContaining('password: ') });
    expect(short.complained).not.toContain('short pw');
    expect(await createOperator(argumentsOf({ ...other, email: 'nonsense' }), PASSWORD)).toMatchObject({
      code: 1,
      complained: expect.stringContaining('email: '),
    });
    expect(await createOperator(['--email', other.email], PASSWORD)).toMatchObject({
      code: 1,
      complained: expect.stringContaining('--name'),
    });
    expect(await createOperator(['--mail', other.email], PASSWORD)).toMatchObject({
      code: 1,
      complained: expect.stringContaining('usage'),
    });
    expect(await membersNamed(other.email)).toEqual([]);
  });
});
