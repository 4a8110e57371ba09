import * as contract from '@onsale/contracts/queue';
import { created, implement } from '@onsale/shared/http';
import type { createInvitations } from './create-invitations.ts';

interface Grants {
  readonly createInvitations: ReturnType<typeof createInvitations>;
}

/** The operator's door to invitations. */
export const grantRoutes = ({ createInvitations }: Grants) => [
  implement(contract.createInvitations, async ({ member, params, body }) =>
    created(await createInvitations({ member, queueId: params.queueId, ...body })),
  ),
];
