import { within } from '@onsale/shared/deadline';
import type { Definitions } from '@onsale/shared/definitions';
import { Refusal } from '@onsale/shared/errors';
import { gatherByKey } from '@onsale/shared/gather';
import type { Log } from '@onsale/shared/log';
import type { MarkBusy } from '../line/busy-marks.ts';
import type { Found } from '../line/line-views.ts';
import type { Line } from '../line/line.ts';
import type { QueueDefinition } from '../queues/queue.ts';
import { UNSURE, type FindLost, type Looked } from './find-lost.ts';
import type { Place, Standing } from './place.ts';

interface Deps {
  readonly line: Line;
  readonly findLost: FindLost;
  readonly definitions: Definitions<QueueDefinition>;
  readonly markBusy: MarkBusy;
  /** Has the line looked at, and restored, at once. */
  readonly wake: (queueId: string) => void;
  readonly log: Log;
}

interface View {
  readonly redisAway: boolean;
  /** Without a standing: Redis does not know the place. */
  readonly found: readonly Found<Standing | undefined>[];
}

/** Of Redis and of the journal; both together are within the gateway's deadline for a check (1 s). */
const REDIS_MS = 400;
const JOURNAL_MS = 500;
/** After a failure Redis counts as away for this long, so that not every look waits out its deadline before the journal answers: for that queue, as
 * others may lie on another node of a cluster. */
const AWAY_MS = 500;
/** Queues of which that is kept. */
const KEPT = 10_000;

/** Looks at one place of a queue; asking counts as seen. */
export type Look = (queue: QueueDefinition, place: Place) => Promise<Looked>;

/**
 * Looks at places; those asked for in one turn of the event loop take one call to Redis for each queue. With Redis away, or found to have lost writes,
 * the journal answers, so that those inside can go on. With the journal away, who is not in Redis is told to ask again.
 * @throws Refusal UPSTREAM_UNAVAILABLE when neither can tell anything
 */
export const lookAtPlaces = ({ line, findLost, definitions, markBusy, wake, log }: Deps): Look => {
  const awayUntil = new Map<string, number>();

  /** `undefined`: Redis has lost writes. */
  const askWhole = async (queue: QueueDefinition, places: readonly Place[]) => {
    const known = await line.status(queue, places);
    if (known !== undefined) return known;
    definitions.forget(queue.id); // another replica may have restored the line since this definition was read
    const now = await definitions.get(queue.id);
    const again = now === undefined || now.generation === queue.generation ? undefined : await line.status(now, places);
    if (again === undefined) wake(queue.id);
    return again;
  };

  const askRedis = async (queue: QueueDefinition, places: readonly Place[]): Promise<View> => {
    const unknown = places.map(() => ({ standing: undefined, pace: undefined }));
    if (performance.now() < (awayUntil.get(queue.id) ?? -Infinity)) return { redisAway: true, found: unknown };
    try {
      const known = await within(REDIS_MS, askWhole(queue, places));
      return { redisAway: false, found: known ?? unknown };
    } catch (error) {
      log.debug({ err: error, queueId: queue.id }, 'Redis cannot tell where places stand');
      if (awayUntil.size >= KEPT) awayUntil.clear();
      awayUntil.set(queue.id, performance.now() + AWAY_MS);
      return { redisAway: true, found: unknown };
    }
  };

  const look = async (queue: QueueDefinition, places: readonly Place[]): Promise<Looked[]> => {
    const { redisAway, found } = await askRedis(queue, places);
    const missing = places.filter((_, i) => found[i]!.standing === undefined);
    let lost: Looked[] = [];
    try {
      if (missing.length > 0) lost = await within(JOURNAL_MS, findLost(queue, missing, { redisAway }));
    } catch (error) {
      log.debug({ err: error, queueId: queue.id }, 'the journal cannot tell where lost places stand');
      if (redisAway)
        throw new Refusal('UPSTREAM_UNAVAILABLE', 'Nobody can tell who is admitted right now. Ask again.', {
          retryAfterSeconds: 2,
          cause: error,
        });
      lost = missing.map(() => UNSURE);
    }
    const next = lost.values();
    const looked = found.map(({ standing, pace }) => (standing === undefined ? next.next().value! : { standing, pace }));
    if (looked.some(({ standing }) => standing.state === 'WAITING')) markBusy(queue.id);
    return looked;
  };

  const gathered = gatherByKey((_queueId: string, asks: { queue: QueueDefinition; place: Place }[]) =>
    look(
      asks[0]!.queue,
      asks.map(({ place }) => place),
    ),
  );
  return (queue, place) => gathered(queue.id, { queue, place });
};
