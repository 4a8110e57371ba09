import * as contract from '@onsale/contracts/commerce';
import { created, implement, ok } from '@onsale/shared/http';
import type { changeMember } from './change-member.ts';
import type { listMembers } from './list-members.ts';
import type { readMe } from './read-me.ts';
import type { readMember } from './read-member.ts';
import type { registerMember } from './register-member.ts';

interface Members {
  readonly registerMember: ReturnType<typeof registerMember>;
  readonly readMe: ReturnType<typeof readMe>;
  readonly listMembers: ReturnType<typeof listMembers>;
  readonly readMember: ReturnType<typeof readMember>;
  readonly changeMember: ReturnType<typeof changeMember>;
}

/** The doors to members. Whoever signs up is a plain member; the first operator is made by command. */
export const memberRoutes = ({ registerMember, readMe, listMembers, readMember, changeMember }: Members) => [
  implement(contract.signUp, async ({ body, signal }) =>
    created(await registerMember({ ...body, role: 'member', signal }), { location: '/api/v1/members/me' }),
  ),
  implement(contract.readMe, async ({ member }) => ok(await readMe(member.id))),
  implement(contract.listMembers, async ({ query }) => ok(await listMembers(query))),
  implement(contract.readMember, async ({ params }) => ok(await readMember(params.id))),
  implement(contract.changeMember, async ({ member, params, body }) =>
    ok(await changeMember({ operatorId: member.id, id: params.id, patch: body })),
  ),
];
