import type { QueueStatus } from '@onsale/contracts/queue';
import { eventually } from '@onsale/shared/testing';
import { createVisitor, type VisitorOptions } from '../../scripts/load/visitor.ts';

/** A member who acts through the gateway: a visitor of the load client who can wait for the turn as tests wait. */
export const createMember = (options: VisitorOptions) => {
  const visitor = createVisitor(options);
  return {
    ...visitor,
    /** Takes a number and waits for the turn. */
    isAdmitted: async (queueId: string, withinMs = 15_000): Promise<QueueStatus> => {
      const entered = await visitor.takesNumber(queueId);
      if (entered.body === undefined) throw new Error(`no number: ${entered.is}`);
      return eventually(
        async () => {
          const seen = await visitor.status(queueId);
          const body = seen.body;
          if (body?.status !== 'ADMITTED') throw new Error(`not admitted: ${seen.is} ${body?.status ?? ''}`);
          return body;
        },
        { withinMs },
      );
    },
  };
};

export type TestMember = ReturnType<typeof createMember>;
