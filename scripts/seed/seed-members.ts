import { createAccessTokenSigner, type JSONWebKeySet } from '@onsale/shared/auth';
import { createDatabase, type Database, inTransaction } from '@onsale/shared/db';
import { idToBytes, newId, systemClock } from '@onsale/shared/ids';
import { createMetrics } from '@onsale/shared/metrics';
import { createTurns } from '@onsale/shared/turns';
import { createPasswords } from '../../services/commerce/src/passwords/passwords.ts';
import { entriesOf, type Transfer } from '../../services/payment/src/ledger/transfer.ts';
import type { SeededMember } from './member-file.ts';
import { SEEDED } from './seeded.ts';

/** What each batch is handed to, once it is committed. */
export type OnMembers = (members: SeededMember[]) => void;

export interface SeedMembersOptions {
  /** Their URLs. */
  databases: { commerce?: string; payment?: string };
  /** With their private halves: the first signs. */
  accessKeys: JSONWebKeySet;
  count: number;
  /** In each wallet; 0 makes none. */
  points: number;
  tokenLifeSeconds: number;
  onMembers: OnMembers;
  /** No further batch begins once this is aborted. */
  signal?: AbortSignal;
}

/** One for all: hashing one each would take longer than all the rest. */
export const seededPassword = 'seeded-password-1';

const batchSize = 1_000;

interface Plan {
  memberId: string;
  email: string;
  sessionId: string;
}

/**
 * Makes members with a session each, and with wallets where there are points for them, by rows written straight into the databases. The ledger is
 * whole after every batch. No service hears of it: nothing is in an outbox.
 * @throws the signal's reason when it is aborted between two batches
 */
export async function seedMembers({ count, points, onMembers, signal, ...rest }: SeedMembersOptions): Promise<void> {
  const { accessKeys: keys, tokenLifeSeconds } = rest;
  const [commerce, payment] = [open(rest.databases.commerce), open(rest.databases.payment)];
  try {
    const { sign } = createAccessTokenSigner({ keys, clock: systemClock, lifeSeconds: tokenLifeSeconds });
    const passwordHash = await hashOf(seededPassword);
    for (let made = 0; made < count; made += batchSize) {
      signal?.throwIfAborted();
      const plans = Array.from({ length: Math.min(batchSize, count - made) }, planMember);
      const tokens = Promise.all(plans.map(({ memberId, sessionId }) => sign({ memberId, role: 'member', sessionId })));
      const [accessTokens] = await Promise.all([
        tokens,
        insertMembers(commerce, plans, { passwordHash, tokenLifeSeconds }),
        points === 0 ? undefined : chargeWallets(payment, plans, points),
      ]);
      onMembers(plans.map(({ memberId, email }, n) => ({ memberId, email, accessToken: accessTokens[n] as string })));
    }
  } finally {
    await Promise.all([commerce.destroy(), payment.destroy()]);
  }
}

function open(url: string | undefined): Database {
  if (url === undefined) throw new TypeError('members need the databases of commerce and payment');
  return createDatabase({ url, poolSize: 1, statementTimeoutMs: 30_000 });
}

function planMember(): Plan {
  const memberId = newId();
  return { memberId, email: `seed-${memberId}@example.com`, sessionId: newId() };
}

async function hashOf(password: string): Promise<string> {
  const metrics = createMetrics({ service: 'seed', defaults: false });
  return (await createPasswords({ turns: createTurns({ what: 'passwords', atOnce: 1, waiting: 0 }), metrics })).hash(password);
}

function insertMembers(
  commerce: Database,
  plans: Plan[],
  { passwordHash, tokenLifeSeconds }: { passwordHash: string; tokenLifeSeconds: number },
): Promise<void> {
  const now = systemClock.now();
  const expiresAt = new Date(now.getTime() + tokenLifeSeconds * 1_000);
  const members = plans.map(({ memberId, email }) => ({
    id: idToBytes(memberId),
    email,
    password_hash: passwordHash,
    name: 'Seeded member',
    role: 'member',
    created_at: now,
  }));
  const sessions = plans.map(({ memberId, sessionId }) => ({
    id: idToBytes(sessionId),
    member_id: idToBytes(memberId),
    created_at: now,
    expires_at: expiresAt,
  }));
  return inTransaction(commerce, async (trx) => {
    await trx('members').insert(members);
    await trx('sessions').insert(sessions);
  });
}

/** One charge each, as the ledger would have posted it. */
function chargeWallets(payment: Database, plans: Plan[], points: number): Promise<void> {
  const at = systemClock.now();
  const charges = plans.map(({ memberId }): Transfer => ({
    id: newId(),
    kind: 'CHARGE',
    reference: `${SEEDED}${newId()}`,
    memberId,
    amount: points,
    at,
  }));
  const wallets = charges.map(({ memberId }) => ({ member_id: idToBytes(memberId), balance: points, version: 1 }));
  const transactions = charges.map(({ id, kind, reference }) => ({ id: idToBytes(id), kind, reference, created_at: at }));
  const entries = charges.flatMap((charge) =>
    entriesOf(charge, { balance: points, version: 1 }, newId).map((entry) => ({
      id: idToBytes(entry.id),
      transaction_id: idToBytes(charge.id),
      account: entry.account,
      member_id: entry.account === 'wallet' ? idToBytes(entry.memberId) : null,
      sequence: entry.account === 'wallet' ? entry.sequence : null,
      amount: entry.amount,
      balance_after: entry.account === 'wallet' ? entry.balanceAfter : null,
      created_at: at,
    })),
  );
  return inTransaction(payment, async (trx) => {
    await trx('wallets').insert(wallets);
    await trx('ledger_transactions').insert(transactions);
    await trx('ledger_entries').insert(entries);
  });
}
