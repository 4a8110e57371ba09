import type { QueueToken } from '@onsale/contracts/queue';
import { closedLoop, requestOf } from './closed-loop.ts';
import type { RoomFleet } from './room-fleet.ts';
import { CONNECTIONS } from './yardstick.ts';

export const tokensPath = (queueId: string): string => `/api/v1/queues/${queueId}/tokens`;

export interface SignedIn {
  readonly id: string;
  readonly accessToken: string;
}

/** The request by which a member takes a number. */
export const entering = (queueId: string, { accessToken }: SignedIn): Buffer =>
  requestOf('POST', tokensPath(queueId), { authorization: `Bearer ${accessToken}` });

/** The request by which a member asks where it stands. */
export const asking = (queueId: string, { accessToken }: SignedIn, token: string): Buffer =>
  requestOf('GET', `${tokensPath(queueId)}/current`, { authorization: `Bearer ${accessToken}`, 'queue-token': token });

/** Everybody takes a number, through the gateway; answers with the tokens. @throws Error unless all have one */
export const takeNumbers = async (
  { gatewayUrl }: Pick<RoomFleet, 'gatewayUrl'>,
  queueId: string,
  members: readonly SignedIn[],
): Promise<string[]> => {
  const tokens: string[] = [];
  const { statuses } = await closedLoop({
    baseUrl: gatewayUrl,
    connections: CONNECTIONS,
    next: (n) => members[n] && entering(queueId, members[n]),
    onBody: (n, body) => void (tokens[n] = (JSON.parse(body) as QueueToken).token),
  });
  if (statuses[201] !== members.length) throw new Error(`not all have a number: ${JSON.stringify(statuses)}`);
  return tokens;
};
