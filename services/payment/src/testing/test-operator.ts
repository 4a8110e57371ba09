import { createClient, type SagaFlag, type SagaStatus } from '@onsale/contracts';
import * as contract from '@onsale/contracts/payment';
import { PRINCIPAL_HEADER, type PrincipalSigner } from '@onsale/shared/auth';
import { newId } from '@onsale/shared/ids';
import { outcomeOf } from './test-member.ts';

interface SagaQuery {
  readonly status?: SagaStatus;
  readonly flag?: SagaFlag;
  readonly limit?: number;
  readonly cursor?: string;
}

/** An operator, as the gateway would vouch for one, talking to one process. */
export const testOperator = ({ baseUrl, principals }: { baseUrl: string; principals: PrincipalSigner }) => {
  const id = newId();
  const principal = principals.sign({ kind: 'member', member: { id, role: 'operator', sessionId: newId() } });
  const client = createClient({ baseUrl });
  const headers = async () => ({ [PRINCIPAL_HEADER]: await principal });
  return {
    id,
    sagas: async (query: SagaQuery = {}) =>
      outcomeOf(client.answer(contract.listPaymentSagas, { query: { ...query }, headers: await headers() })),
    saga: async (saga: string) => outcomeOf(client.answer(contract.readPaymentSaga, { params: { id: saga }, headers: await headers() })),
    retries: async (saga: string) =>
      outcomeOf(client.answer(contract.retryPaymentSaga, { params: { id: saga }, headers: await headers() })),
    compensates: async (saga: string, reason = 'it does not get on') =>
      outcomeOf(client.answer(contract.compensatePaymentSaga, { params: { id: saga }, body: { reason }, headers: await headers() })),
  };
};
