import * as contract from '@onsale/contracts/queue';
import { created, implement, ok } from '@onsale/shared/http';
import type { changeQueue } from './change-queue.ts';
import type { createQueue } from './create-queue.ts';
import type { endEpoch } from './end-epoch.ts';
import type { listQueues } from './list-queues.ts';
import type { operatorReads } from './operator-reads.ts';
import type { readQueue } from './read-queue.ts';
import type { SaleAction } from './sale-state.ts';
import type { steerSale } from './steer-sale.ts';

interface Queues {
  readonly createQueue: ReturnType<typeof createQueue>;
  readonly changeQueue: ReturnType<typeof changeQueue>;
  readonly readQueue: ReturnType<typeof readQueue>;
  readonly listQueues: ReturnType<typeof listQueues>;
  readonly endEpoch: ReturnType<typeof endEpoch>;
  readonly operatorReads: ReturnType<typeof operatorReads>;
  readonly steerSale: ReturnType<typeof steerSale>;
}

const steered = (
  steer: Queues['steerSale'],
  route: typeof contract.pauseQueue | typeof contract.resumeQueue | typeof contract.closeQueue,
  action: SaleAction,
) =>
  implement(route, async ({ member, params, body }) =>
    ok(await steer({ member, queueId: params.queueId, action, message: body?.message })),
  );

/** The doors to waiting rooms: public counters, and what operators set. */
export const queueRoutes = ({ createQueue, changeQueue, readQueue, listQueues, operatorReads, steerSale, endEpoch }: Queues) => [
  implement(contract.listQueues, async ({ query }) => ok(await listQueues(query))),
  implement(contract.readQueue, async ({ params }) => ok(await readQueue(params.queueId))),
  implement(contract.listAllQueues, async ({ query }) => ok(await operatorReads.list(query))),
  implement(contract.readQueueDetail, async ({ params }) => ok(await operatorReads.read(params.queueId))),
  implement(contract.createQueue, async ({ member, body }) =>
    created(await createQueue({ member, body }), { location: `/api/v1/queues/${body.id}` }),
  ),
  implement(contract.changeQueue, async ({ member, params, body }) =>
    ok(await changeQueue({ member, queueId: params.queueId, patch: body })),
  ),
  steered(steerSale, contract.pauseQueue, 'pause'),
  steered(steerSale, contract.resumeQueue, 'resume'),
  steered(steerSale, contract.closeQueue, 'close'),
  implement(contract.endEpoch, async ({ member, params, body }) =>
    ok(await endEpoch({ member, queueId: params.queueId, message: undefined, ...body })),
  ),
];
