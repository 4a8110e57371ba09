import type { Member, Role } from '@onsale/contracts/commerce';
import type { Queryable, Trx } from '@onsale/shared/db';
import { bytesToId, idToBytes } from '@onsale/shared/ids';

interface MemberRow {
  readonly id: Buffer;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  /** Joined by commas. */
  readonly lanes: string;
  readonly created_at: Date;
}

const COLUMNS = ['id', 'email', 'name', 'role', 'lanes', 'created_at'] as const;

const lanesOf = (joined: string): { lanes?: string[] } => (joined === '' ? {} : { lanes: joined.split(',') });

const memberOf = (row: MemberRow): Member => ({
  id: bytesToId(row.id),
  email: row.email,
  name: row.name,
  role: row.role,
  ...lanesOf(row.lanes),
  createdAt: row.created_at.toISOString(),
});

export const insertMember = async (db: Queryable, { id, createdAt, lanes = [], ...rest }: Member, passwordHash: string): Promise<void> => {
  await db('members').insert({
    id: idToBytes(id),
    ...rest,
    lanes: lanes.join(','),
    password_hash: passwordHash,
    created_at: new Date(createdAt),
  });
};

export const findMember = async (db: Queryable, id: string): Promise<Member | undefined> => {
  const row: MemberRow | undefined = await db('members')
    .where({ id: idToBytes(id) })
    .first(COLUMNS);
  return row === undefined ? undefined : memberOf(row);
};

export const findMemberByEmail = async (db: Queryable, email: string): Promise<Member | undefined> => {
  const row: MemberRow | undefined = await db('members').where({ email }).first(COLUMNS);
  return row === undefined ? undefined : memberOf(row);
};

/** Members after the id named; ids rise with the time of signing up. */
export const listMembers = async (
  db: Queryable,
  { email, after, limit }: { email: string | undefined; after: string | undefined; limit: number },
): Promise<Member[]> => {
  const rows = db('members').select<MemberRow[]>(COLUMNS).orderBy('id').limit(limit);
  if (email !== undefined) void rows.where({ email });
  if (after !== undefined) void rows.where('id', '>', idToBytes(after));
  return (await rows).map(memberOf);
};

/** Nobody signs in and no other operator changes the member until the transaction ends (`shareMember`). */
export const lockMember = async (trx: Trx, id: string): Promise<Member | undefined> => {
  const row: MemberRow | undefined = await trx('members')
    .where({ id: idToBytes(id) })
    .forUpdate()
    .first(COLUMNS);
  return row && memberOf(row);
};

/** As `lockMember`, if this is still the hash of its password. */
export const lockIfPassword = async (trx: Trx, { memberId, passwordHash }: Credentials): Promise<Member | undefined> => {
  const row: MemberRow | undefined = await trx('members')
    .where({ id: idToBytes(memberId), password_hash: passwordHash })
    .forUpdate()
    .first(COLUMNS);
  return row && memberOf(row);
};

export const deleteMember = async (trx: Trx, id: string): Promise<void> => {
  await trx('members')
    .where({ id: idToBytes(id) })
    .delete();
};

/**
 * The member as it is until the transaction ends, if this is still the hash of its password: sessions that begin beside a change of role or password see the
 * one or are seen by the other.
 */
export const shareMember = async (trx: Trx, { memberId, passwordHash }: Credentials): Promise<Member | undefined> => {
  const row: MemberRow | undefined = await trx('members')
    .where({ id: idToBytes(memberId), password_hash: passwordHash })
    .forShare()
    .first(COLUMNS);
  return row && memberOf(row);
};

/** Writes what operators change of a locked member. */
export const updateMember = async (trx: Trx, { id, role, lanes = [] }: Member): Promise<void> => {
  await trx('members')
    .where({ id: idToBytes(id) })
    .update({ role, lanes: lanes.join(',') });
};

export interface Credentials {
  readonly memberId: string;
  readonly passwordHash: string;
}

interface CredentialsRow {
  readonly id: Buffer;
  readonly email: string;
  readonly password_hash: string;
}

const credentialsOf = (row: CredentialsRow | undefined): (Credentials & { email: string }) | undefined =>
  row && { memberId: bytesToId(row.id), email: row.email, passwordHash: row.password_hash };

/** The password's hash is read where a password is shown, and nowhere else. */
export const findCredentials = async (db: Queryable, email: string) =>
  credentialsOf(await db('members').where({ email }).first('id', 'email', 'password_hash'));

/** The same of a member who is signed in. */
export const findCredentialsOf = async (db: Queryable, memberId: string) =>
  credentialsOf(
    await db('members')
      .where({ id: idToBytes(memberId) })
      .first('id', 'email', 'password_hash'),
  );

/** Another password in the place of this one. False, and nothing changed, when it is another one already. */
export const replacePassword = async (trx: Trx, { memberId, passwordHash }: Credentials, newHash: string): Promise<boolean> => {
  const changed = await trx('members')
    .where({ id: idToBytes(memberId), password_hash: passwordHash })
    .update({ password_hash: newHash });
  return changed === 1;
};
