import { z } from 'zod';
import { route, type Owner } from './route.ts';
import { Id, IdParams, page, PageQuery, text, Timestamp } from './shapes.ts';

export const SagaStatus = z.enum(['RUNNING', 'COMPENSATING', 'COMPLETED', 'COMPENSATED']);
export type SagaStatus = z.infer<typeof SagaStatus>;

export const SagaFlag = z.enum(['NEEDS_OPERATOR']);
export type SagaFlag = z.infer<typeof SagaFlag>;

/**
 * A saga as operators see it. While RUNNING it waits for the answer to `step`; while COMPENSATING for the answer to that step's undo, or to the question
 * whether it was done. `attempts` counts how often that was sent again, `nextActionAt` is when it will be once more; `failure` says why it goes back.
 */
export const Saga = z.object({
  id: Id,
  type: z.string(),
  status: SagaStatus,
  step: z.string(),
  flag: SagaFlag.optional(),
  attempts: z.int().min(0),
  nextActionAt: Timestamp.optional(),
  failure: z.object({ step: z.string(), code: z.string(), detail: z.string().optional() }).optional(),
  /** What the saga knows: whose it is, what it is about, what its steps have answered. */
  data: z.record(z.string(), z.unknown()),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type Saga = z.infer<typeof Saga>;

/** Why; it is kept in the audit. */
export const CompensateSaga = z.strictObject({ reason: text(500) });

/** The operator's routes to the sagas that a service orchestrates. */
export const sagaRoutes = <const O extends Owner>(owner: O) =>
  ({
    list: route({
      owner,
      method: 'GET',
      path: `/admin/${owner}/sagas`,
      summary: 'Sagas, newest first',
      auth: 'operator',
      gate: 'none',
      query: PageQuery.extend({ status: SagaStatus.optional(), flag: SagaFlag.optional() }),
      answers: { 200: page(Saga) },
      problems: [],
    }),
    read: route({
      owner,
      method: 'GET',
      path: `/admin/${owner}/sagas/{id}`,
      summary: 'One saga',
      auth: 'operator',
      gate: 'none',
      params: IdParams,
      answers: { 200: Saga },
      problems: ['NOT_FOUND'],
    }),
    retry: route({
      owner,
      method: 'POST',
      path: `/admin/${owner}/sagas/{id}/retry`,
      summary: 'Send the present step again now, and count anew',
      auth: 'operator',
      gate: 'none',
      params: IdParams,
      body: z.strictObject({}).optional(),
      answers: { 202: Saga },
      problems: ['NOT_FOUND', 'SAGA_ENDED'],
    }),
    compensate: route({
      owner,
      method: 'POST',
      path: `/admin/${owner}/sagas/{id}/compensate`,
      summary: 'Take it back, unless it is past its point of no return',
      auth: 'operator',
      gate: 'none',
      params: IdParams,
      body: CompensateSaga,
      answers: { 202: Saga },
      problems: ['NOT_FOUND', 'SAGA_ENDED', 'SAGA_PAST_PIVOT'],
    }),
  }) as const;

export type SagaRoutes = ReturnType<typeof sagaRoutes<Owner>>;
