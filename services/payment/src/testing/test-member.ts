import { CallProblem, createClient, type AnswerHeaders } from '@onsale/contracts';
import * as contract from '@onsale/contracts/payment';
import { PRINCIPAL_HEADER, type PrincipalSigner } from '@onsale/shared/auth';
import { newId } from '@onsale/shared/ids';
import { insisted } from '@onsale/shared/testing';

export { tally } from '@onsale/shared/testing';

/** How a request ended: `201`, `202`, or `402 INSUFFICIENT_POINTS`; with what it was answered. */
export interface Outcome<B> {
  readonly is: string;
  readonly body: B | undefined;
  readonly problem: Readonly<Record<string, unknown>> | undefined;
  readonly headers: AnswerHeaders;
}

/** An answer or a problem, as a value. */
export const outcomeOf = async <B>(answer: Promise<{ status: number; body: B; headers: AnswerHeaders }>): Promise<Outcome<B>> => {
  try {
    const { status, body, headers } = await answer;
    return { is: String(status), body, problem: undefined, headers };
  } catch (error) {
    if (!(error instanceof CallProblem)) throw error;
    return { is: `${error.status} ${error.code}`, body: undefined, problem: error.problem, headers: error.headers };
  }
};

interface PageQuery {
  readonly limit?: number;
  readonly cursor?: string;
}

/** A signed-in member who came by a queue, as the gateway would vouch for them, talking to one process. */
export const testMember = ({ id, baseUrl, principals }: { id: string; baseUrl: string; principals: PrincipalSigner }) => {
  const principal = principals.sign({
    kind: 'member',
    member: { id, role: 'member', sessionId: newId() },
    admission: { queueId: 'tonight', number: 1, lane: 'standard', status: 'ADMITTED' },
  });
  const client = createClient({ baseUrl });
  const headers = async () => ({ [PRINCIPAL_HEADER]: await principal });
  return {
    id,
    charges: async (amount: number, key = newId()) =>
      outcomeOf(client.answer(contract.chargeWallet, { body: { amount }, idempotencyKey: key, headers: await headers() })),
    /** Asks again while it is sent off for now. */
    insistsOnCharging: async (amount: number, key = newId()) => {
      const asked = { body: { amount }, idempotencyKey: key, headers: await headers() };
      return outcomeOf(insisted(() => client.answer(contract.chargeWallet, asked)));
    },
    pays: async (reservationId: string, { key = newId(), prefer = 'wait=10' }: { key?: string; prefer?: string } = {}) =>
      outcomeOf(client.answer(contract.pay, { body: { reservationId }, idempotencyKey: key, headers: { ...(await headers()), prefer } })),
    payment: async (paymentId: string) =>
      outcomeOf(client.answer(contract.readPayment, { params: { id: paymentId }, headers: await headers() })),
    payments: async (query: PageQuery = {}) =>
      outcomeOf(client.answer(contract.listMyPayments, { query: { ...query }, headers: await headers() })),
    entries: async (query: PageQuery = {}) =>
      outcomeOf(client.answer(contract.listWalletEntries, { query: { ...query }, headers: await headers() })),
    balance: async () => (await client.call(contract.readWallet, { headers: await headers() })).balance,
  };
};

export type TestMember = ReturnType<typeof testMember>;
