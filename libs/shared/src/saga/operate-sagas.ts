import { Id, type Saga } from '@onsale/contracts';
import { insertAudit } from '../audit/index.ts';
import type { Member } from '../auth/index.ts';
import { inTransaction, type Database, type Trx } from '../db/index.ts';
import { notFound, Refusal } from '../errors/index.ts';
import { decodeCursor, pageOf, type Page } from '../paging/index.ts';
import type { Intervention, SagaRunner } from './create-saga-runner.ts';
import { findSaga, listSagas, type SagaFilter, type SagaRow, type StoredSaga } from './saga-store.ts';

interface Deps {
  readonly db: Database;
  readonly sagas: Pick<SagaRunner, 'retry' | 'compensate'>;
}

interface Request {
  readonly member: Member;
  readonly id: string;
}

const viewOf = ({ state, nextActionAt, createdAt, updatedAt, flag, failure, ...rest }: SagaRow): Saga => ({
  ...rest,
  ...(flag === undefined ? {} : { flag }),
  ...(failure === undefined ? {} : { failure }),
  ...(nextActionAt === undefined ? {} : { nextActionAt: nextActionAt.toISOString() }),
  data: { ...state },
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
});

/** @throws Refusal NOT_FOUND */
const read = async (db: Database | Trx, id: string): Promise<Saga> => {
  const row = await findSaga(db, id);
  if (row === undefined) throw notFound('saga');
  return viewOf(row);
};

const auditOf = ({ status, step, flag, attempts }: StoredSaga): object => ({ status, step, flag, attempts });

/** @throws Refusal NOT_FOUND, SAGA_ENDED, SAGA_PAST_PIVOT */
const movedOrGoingBack = (came: Intervention): { before: StoredSaga; after: StoredSaga } => {
  switch (came.is) {
    case 'moved':
      return came;
    case 'going back':
      return { before: came.saga, after: came.saga };
    case 'unknown':
      throw notFound('saga');
    case 'over':
      throw new Refusal('SAGA_ENDED', `It is ${came.saga.status}; nothing is left to steer.`);
    case 'past the pivot':
      throw new Refusal('SAGA_PAST_PIVOT', `It is at ${came.saga.step}, which can only be done. Retry it.`);
    default:
      return came satisfies never;
  }
};

/**
 * What operators do with sagas. A request that changes something is audited in the same transaction; a saga that goes back already is left as it is when
 * it is to be taken back once more.
 */
export const operateSagas = ({ db, sagas }: Deps) => ({
  list: async ({ limit, cursor, ...filter }: SagaFilter & { limit: number; cursor: string | undefined }): Promise<Page<Saga>> =>
    pageOf(await listSagas(db, { ...filter, limit, before: decodeCursor(Id, cursor) }), { limit, keyOf: ({ id }) => id, view: viewOf }),

  /** @throws Refusal NOT_FOUND */
  read: (id: string): Promise<Saga> => read(db, id),

  /** Sends the present step again now. @throws Refusal NOT_FOUND, SAGA_ENDED */
  retry: ({ member, id }: Request): Promise<Saga> =>
    inTransaction(db, async (trx) => {
      const { before, after } = movedOrGoingBack(await sagas.retry(trx, id));
      await insertAudit(trx, { actor: member.id, action: 'saga.retry', subject: id, before: auditOf(before), after: auditOf(after) });
      return read(trx, id);
    }),

  /** Takes it back. @throws Refusal NOT_FOUND, SAGA_ENDED, SAGA_PAST_PIVOT */
  compensate: ({ member, id, reason }: Request & { reason: string }): Promise<Saga> =>
    inTransaction(db, async (trx) => {
      const came = await sagas.compensate(trx, id, { code: 'CANCELLED_BY_OPERATOR', detail: reason });
      const { before, after } = movedOrGoingBack(came);
      const entry = { before: auditOf(before), after: { ...auditOf(after), reason } };
      await insertAudit(trx, { actor: member.id, action: 'saga.compensate', subject: id, ...entry });
      return read(trx, id);
    }),
});
