import { urlOf, type Saga, type SagaRoutes } from '@onsale/contracts';
import { accepted, implement, ok, type Answer, type Door } from '../http/index.ts';
import { operateSagas } from './operate-sagas.ts';

type SagaDoors = Parameters<typeof operateSagas>[0] & {
  /** `sagaRoutes(owner)` of the contracts. */
  readonly contract: SagaRoutes;
};

/** The operator's doors to the sagas of a service. */
export const sagaDoors = ({ contract, ...deps }: SagaDoors): Door[] => {
  const { list, read, retry, compensate } = operateSagas(deps);
  const underWay = (saga: Saga): Answer => accepted(saga, { location: urlOf('', contract.read, { id: saga.id }), retryAfterSeconds: 1 });
  return [
    implement(contract.list, async ({ query: { limit, cursor, status, flag } }) => ok(await list({ limit, cursor, status, flag }))),
    implement(contract.read, async ({ params }) => ok(await read(params.id))),
    implement(contract.retry, async ({ member, params }) => underWay(await retry({ member, id: params.id }))),
    implement(contract.compensate, async ({ member, params, body }) =>
      underWay(await compensate({ member, id: params.id, reason: body.reason })),
    ),
  ];
};
