import type { Member, Role } from '@onsale/contracts/commerce';
import type { Queryable } from '@onsale/shared/db';
import { bytesToId, idToBytes } from '@onsale/shared/ids';

interface MemberRow {
  readonly id: Buffer;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly created_at: Date;
}

const COLUMNS = ['id', 'email', 'name', 'role', 'created_at'] as const;

const memberOf = (row: MemberRow): Member => ({
  id: bytesToId(row.id),
  email: row.email,
  name: row.name,
  role: row.role,
  createdAt: row.created_at.toISOString(),
});

export const insertMember = async (db: Queryable, { id, createdAt, ...rest }: Member, passwordHash: string): Promise<void> => {
  await db('members').insert({ id: idToBytes(id), ...rest, password_hash: passwordHash, created_at: new Date(createdAt) });
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

export interface Credentials {
  readonly memberId: string;
  readonly role: Role;
  readonly passwordHash: string;
}

/** The password's hash is read for signing in alone. */
export const findCredentials = async (db: Queryable, email: string): Promise<Credentials | undefined> => {
  const row: { id: Buffer; role: Role; password_hash: string } | undefined = await db('members')
    .where({ email })
    .first(['id', 'role', 'password_hash']);
  return row === undefined ? undefined : { memberId: bytesToId(row.id), role: row.role, passwordHash: row.password_hash };
};
