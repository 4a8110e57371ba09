// One-shot: `printf %s "$PASSWORD" | node services/commerce/src/create-operator.ts --email E --name N` makes an operator. A deployment may run it
// every time: where the operator exists already, nothing changes.
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { signUp } from '@onsale/contracts/commerce';
import { createDatabase, type Database } from '@onsale/shared/db';
import { newId, systemClock } from '@onsale/shared/ids';
import { createMetrics } from '@onsale/shared/metrics';
import { createTurns } from '@onsale/shared/turns';
import { readOperatorSettings } from './config.ts';
import { findMemberByEmail } from './members/member-store.ts';
import { EmailTaken, registerMember } from './members/register-member.ts';
import { createPasswords } from './passwords/passwords.ts';

const USAGE = 'usage: printf %s "$PASSWORD" | node services/commerce/src/create-operator.ts --email EMAIL --name NAME';

/** What is wrong with what was given; its message is for the person at the terminal. */
class WrongInput extends Error {}

const readArguments = (): { email: string; name: string } => {
  try {
    const { values } = parseArgs({ options: { email: { type: 'string' }, name: { type: 'string' } } });
    if (values.email === undefined || values.name === undefined) throw new Error('--email and --name are needed');
    return { email: values.email, name: values.name };
  } catch (error) {
    throw new WrongInput(`${(error as Error).message}\n${USAGE}`);
  }
};

/** From standard input without the last line's end; never typed, since a terminal would show it. */
const readPassword = async (): Promise<string> => {
  if (process.stdin.isTTY) throw new WrongInput(`the password is read from standard input: pipe it in\n${USAGE}`);
  return (await text(process.stdin)).replace(/\r?\n$/, '');
};

const readInput = async () => {
  const names = readArguments();
  const read = signUp.body.safeParse({ ...names, password: await readPassword() });
  if (!read.success) throw new WrongInput(read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'));
  return read.data;
};

/** A plain member is not raised: whoever signed up with this email first would be the operator. */
const alreadyThere = async (db: Database, email: string): Promise<string> => {
  const member = await findMemberByEmail(db, email);
  if (member?.role !== 'operator') throw new WrongInput(`${email} belongs to a member who is no operator: take another email`);
  return `operator ${email} exists already; nothing was changed`;
};

const createOperator = async (): Promise<string> => {
  const input = await readInput();
  const db = createDatabase(readOperatorSettings().mysql);
  try {
    const passwords = await createPasswords({
      turns: createTurns({ what: 'passwords', atOnce: 1, waiting: 0 }),
      metrics: createMetrics({ service: 'commerce', defaults: false }),
    });
    const register = registerMember({ db, passwords, clock: systemClock, newId });
    const { id, email } = await register({ ...input, role: 'operator' });
    return `operator ${email} made (${id})`;
  } catch (error) {
    if (error instanceof EmailTaken) return await alreadyThere(db, input.email);
    throw error;
  } finally {
    await db.destroy();
  }
};

try {
  process.stdout.write(`${await createOperator()}\n`);
} catch (error) {
  process.stderr.write(`no operator was made: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
