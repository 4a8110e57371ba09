import * as contract from '@onsale/contracts/queue';
import { implement, ok } from '@onsale/shared/http';
import type { readDraw } from './read-draw.ts';

/** The door to the draw of an opening. */
export const drawRoutes = ({ readDraw: read }: { readDraw: ReturnType<typeof readDraw> }) => [
  implement(contract.readDraw, async ({ params, query }) => ok(await read({ queueId: params.queueId, ...query }))),
];
