import * as contract from '@onsale/contracts/commerce';
import { created, implement, ok } from '@onsale/shared/http';
import type { readMe } from './read-me.ts';
import type { registerMember } from './register-member.ts';

interface Members {
  readonly registerMember: ReturnType<typeof registerMember>;
  readonly readMe: ReturnType<typeof readMe>;
}

/** The doors to members. Whoever comes in by them is a plain member; operators are made by command. */
export const memberRoutes = ({ registerMember, readMe }: Members) => [
  implement(contract.signUp, async ({ body, signal }) =>
    created(await registerMember({ ...body, role: 'member', signal }), { location: '/api/v1/members/me' }),
  ),
  implement(contract.readMe, async ({ member }) => ok(await readMe(member.id))),
];
