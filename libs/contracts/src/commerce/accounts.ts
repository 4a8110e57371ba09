import { z } from 'zod';
import { codes, type Code } from '../codes.ts';
import { DataSection } from '../member-data.ts';
import { route } from '../route.ts';
import { Id, IdParams, Timestamp } from '../shapes.ts';
import { ShownPassword } from './http.ts';

/** What became of the last request to delete the account. Of one that was done nobody is left to read. */
export const Deletion = z.object({
  status: z.enum(['UNDER_WAY', 'REFUSED']),
  /** Why it was refused. */
  code: z.enum(Object.keys(codes) as [Code, ...Code[]]).optional(),
  createdAt: Timestamp,
});
export type Deletion = z.infer<typeof Deletion>;

/** `giveUpBalance`: points that are left may go with the account. */
export const deleteMe = route({
  owner: 'commerce',
  method: 'DELETE',
  path: '/members/me',
  summary: 'Delete my account, once nothing of it is under way; `Prefer: wait` as for payments',
  auth: 'member',
  gate: 'none',
  body: z.strictObject({ password: ShownPassword, giveUpBalance: z.boolean().optional() }),
  answers: { 204: null, 202: Deletion },
  problems: ['PASSWORD_WRONG', 'FORBIDDEN', 'ACCOUNT_IN_USE', 'BALANCE_LEFT', 'OVERLOADED'],
});

export const readMyDeletion = route({
  owner: 'commerce',
  method: 'GET',
  path: '/members/me/deletion',
  summary: 'How the deletion of my account stands',
  auth: 'member',
  gate: 'none',
  answers: { 200: Deletion },
  problems: ['NOT_FOUND'],
});

/**
 * What the fleet keeps of a member. `data` is there, for whoever reads it, when all services have told; `truncated` names what is more than one export takes: then the newest are in it,
 * and the rest is in the pages of the lists.
 */
export const DataExport = z.object({
  id: Id,
  status: z.enum(['GATHERING', 'READY']),
  createdAt: Timestamp,
  expiresAt: Timestamp,
  truncated: z.array(DataSection).optional(),
  data: z.partialRecord(DataSection, z.array(z.record(z.string(), z.unknown()))).optional(),
});
export type DataExport = z.infer<typeof DataExport>;

export const requestExport = route({
  owner: 'commerce',
  method: 'POST',
  path: '/members/me/exports',
  summary: 'Gather what is kept of me; asked again while there is one, the same one',
  auth: 'member',
  gate: 'none',
  body: z.strictObject({}).optional(),
  answers: { 202: DataExport },
  problems: [],
});

export const readExport = route({
  owner: 'commerce',
  method: 'GET',
  path: '/members/me/exports/{id}',
  summary: 'What is kept of me, until it expires',
  auth: 'member',
  gate: 'none',
  params: IdParams,
  answers: { 200: DataExport },
  problems: ['NOT_FOUND'],
});
