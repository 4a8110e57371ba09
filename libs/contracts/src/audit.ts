import { z } from 'zod';
import { route, type Owner } from './route.ts';
import { DenseId, page, PageQuery, Timestamp } from './shapes.ts';

/** What a row of the audit tells: who (`actor`: a member's id, or `system`) did what to which thing. `before` is absent where nothing was there before. */
export const AuditRecord = z.object({
  id: DenseId,
  at: Timestamp,
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  before: z.record(z.string(), z.unknown()).optional(),
  after: z.record(z.string(), z.unknown()),
});
export type AuditRecord = z.infer<typeof AuditRecord>;

/** The operator's route to the audit of a service; `subject` is the id of the thing that was changed. */
export const auditRoute = <const O extends Owner>(owner: O) =>
  route({
    owner,
    method: 'GET',
    path: `/admin/${owner}/audit`,
    summary: 'What operators have changed, newest first',
    auth: 'operator',
    gate: 'none',
    query: PageQuery.extend({
      subject: z
        .string()
        .regex(/^[\x21-\x7E]{1,64}$/, 'an id')
        .optional(),
    }),
    answers: { 200: page(AuditRecord) },
    problems: [],
  });

export type AuditRoute = ReturnType<typeof auditRoute<Owner>>;
