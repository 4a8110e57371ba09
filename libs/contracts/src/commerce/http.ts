import { z } from 'zod';
import { auditRoute } from '../audit.ts';
import { route } from '../route.ts';
import { Id, IdParams, LaneName, page, PageQuery, text, Timestamp } from '../shapes.ts';

export const Role = z.enum(['member', 'operator']);
export type Role = z.infer<typeof Role>;

/** `lanes`: those of waiting rooms in which the member may take numbers, beside the standard one; absent where there are none. */
export const Member = z.object({
  id: Id,
  email: z.string(),
  name: z.string(),
  role: Role,
  lanes: z.array(z.string()).optional(),
  createdAt: Timestamp,
});
export type Member = z.infer<typeof Member>;

/** Where the tokens of a session go: into the answer's body, or into cookies that no script can read. */
export const Transport = z.enum(['body', 'cookie']);
export type Transport = z.infer<typeof Transport>;

/** Seconds are counted from the answer. */
const SessionLife = z.object({ tokenType: z.literal('Bearer'), expiresIn: z.int(), refreshExpiresIn: z.int() });

/** A session whose tokens the client keeps itself. */
export const TokenSession = SessionLife.extend({ accessToken: z.string(), refreshToken: z.string() });
export type TokenSession = z.infer<typeof TokenSession>;

/** A session of a browser, asked for by `transport: "cookie"`: both tokens are in cookies alone. */
export const CookieSession = SessionLife.extend({ transport: z.literal('cookie') });

/** What signing in and refreshing answer; with tokens unless cookies were asked for. */
export const Session = z.union([TokenSession, CookieSession]);
export type Session = z.infer<typeof Session>;

/** What commerce tells the gateway of a session that is to go into cookies; no client ever sees it. */
export const CarriedSession = TokenSession.extend({ transport: z.literal('cookie') });
export type CarriedSession = z.infer<typeof CarriedSession>;

/** The session of a client that keeps its tokens itself. @throws Error when it was begun with cookies */
export const tokensOf = (session: Session): TokenSession => {
  if ('accessToken' in session) return session;
  throw new Error('the tokens of this session are in cookies');
};

/** Compared without case, as every mail provider does; RFC 5321 allows 254 characters. */
export const Email = z.string().trim().toLowerCase().max(254).pipe(z.email());
export const Password = z.string().min(10).max(128);
/** What is asked for where a password is to be shown: any text, so that a short one is wrong, and not malformed. */
export const ShownPassword = z.string().min(1).max(128);

export const signUp = route({
  owner: 'commerce',
  method: 'POST',
  path: '/members',
  summary: 'Become a member',
  auth: 'none',
  gate: 'none',
  body: z.strictObject({ email: Email, password: Password, name: text(100) }),
  answers: { 201: Member },
  problems: ['EMAIL_TAKEN', 'OVERLOADED'],
});

export const signIn = route({
  owner: 'commerce',
  method: 'POST',
  path: '/sessions',
  summary: 'Sign in',
  auth: 'none',
  gate: 'none',
  body: z.strictObject({ email: Email, password: ShownPassword, transport: Transport.optional() }),
  answers: { 201: Session },
  problems: ['INVALID_CREDENTIALS', 'OVERLOADED'],
});

export const refreshSession = route({
  owner: 'commerce',
  method: 'POST',
  path: '/sessions/refresh',
  summary: 'New tokens for a refresh token, which is spent by it: that of the body, else that of the cookie',
  auth: 'none',
  gate: 'none',
  body: z.strictObject({ refreshToken: z.string().min(1).max(200) }).optional(),
  answers: { 201: Session },
  problems: ['SESSION_ENDED'],
});

export const signOut = route({
  owner: 'commerce',
  method: 'DELETE',
  path: '/sessions',
  summary: 'End this session, at once and everywhere',
  auth: 'member',
  gate: 'none',
  answers: { 204: null },
  problems: [],
});

/** Not yet ended, and not run out. `current`: the one that asks. */
export const OwnSession = z.object({ id: Id, createdAt: Timestamp, expiresAt: Timestamp, current: z.boolean() });
export type OwnSession = z.infer<typeof OwnSession>;

export const listMySessions = route({
  owner: 'commerce',
  method: 'GET',
  path: '/members/me/sessions',
  summary: 'My sessions, newest first',
  auth: 'member',
  gate: 'none',
  query: PageQuery,
  answers: { 200: page(OwnSession) },
  problems: [],
});

export const endMyOtherSessions = route({
  owner: 'commerce',
  method: 'DELETE',
  path: '/members/me/sessions',
  summary: 'End all my sessions but this one, at once and everywhere',
  auth: 'member',
  gate: 'none',
  answers: { 204: null },
  problems: [],
});

export const endMySession = route({
  owner: 'commerce',
  method: 'DELETE',
  path: '/members/me/sessions/{id}',
  summary: 'End one of my sessions, at once and everywhere',
  auth: 'member',
  gate: 'none',
  params: IdParams,
  answers: { 204: null },
  problems: ['NOT_FOUND'],
});

export const changePassword = route({
  owner: 'commerce',
  method: 'PUT',
  path: '/members/me/password',
  summary: 'Change my password, which ends all my other sessions',
  auth: 'member',
  gate: 'none',
  body: z.strictObject({ currentPassword: ShownPassword, newPassword: Password }),
  answers: { 204: null },
  problems: ['PASSWORD_WRONG', 'OVERLOADED'],
});

export const readMe = route({
  owner: 'commerce',
  method: 'GET',
  path: '/members/me',
  summary: 'Who am I',
  auth: 'member',
  gate: 'none',
  answers: { 200: Member },
  problems: [],
});

export const listMembers = route({
  owner: 'commerce',
  method: 'GET',
  path: '/admin/members',
  summary: 'Members in the order in which they came, or the one with an email',
  auth: 'operator',
  gate: 'none',
  query: PageQuery.extend({ email: Email.optional() }),
  answers: { 200: page(Member) },
  problems: [],
});

export const readMember = route({
  owner: 'commerce',
  method: 'GET',
  path: '/admin/members/{id}',
  summary: 'One member',
  auth: 'operator',
  gate: 'none',
  params: IdParams,
  answers: { 200: Member },
  problems: ['NOT_FOUND'],
});

/** Lanes that one member may be granted. */
const Grants = z
  .array(LaneName)
  .max(8)
  .refine((lanes) => new Set(lanes).size === lanes.length, 'a lane is named twice');

export const changeMember = route({
  owner: 'commerce',
  method: 'PATCH',
  path: '/admin/members/{id}',
  summary: 'Change a member’s role, which ends all its sessions, or the lanes that it may take numbers in',
  auth: 'operator',
  gate: 'none',
  params: IdParams,
  body: z.strictObject({ role: Role, lanes: Grants }).partial(),
  answers: { 200: Member },
  problems: ['NOT_FOUND'],
});

/** For operators: who changed what here. */
export const readCommerceAudit = auditRoute('commerce');
