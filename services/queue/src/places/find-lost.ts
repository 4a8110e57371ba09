import type { Database } from '@onsale/shared/db';
import type { Log } from '@onsale/shared/log';
import { insertEnd } from '../journal/journal-store.ts';
import type { Decision, Found } from '../line/line-views.ts';
import type { Line } from '../line/line.ts';
import type { QueueDefinition } from '../queues/queue.ts';
import type { Place, Standing } from './place.ts';
import { readJournal } from './read-journal.ts';

/** Where a place stands; `pace` is absent when Redis cannot tell. */
export type Looked = Found<Standing>;

/** Genuine, and not admitted as far as anybody can tell: ask again. */
export const UNCLEAR: Looked = { standing: { state: 'WAITING' }, pace: undefined };

/** Genuine, and nobody could be asked whether it is admitted: ask again. */
export const UNSURE: Looked = { standing: { state: 'WAITING', unsure: true }, pace: undefined };

const LEFT: Standing = { state: 'ENDED', ending: 'LEFT' };

const decisionsOf = (places: readonly Place[], standings: readonly (Standing | undefined)[]): Decision[] =>
  places.flatMap((place, i): Decision[] => {
    const standing = standings[i];
    if (standing?.state === 'ENDED') return [{ ...place, ending: standing.ending }];
    return standing?.state === 'ADMITTED' ? [{ ...place, admittedUntilMs: standing.untilMs, seen: true }] : [];
  });

/**
 * Where genuine places stand that Redis does not know, in their order: the journal answers, and its answers are kept in Redis. Who is in neither is put
 * back into the line at its own number; the capacity does not refuse it. With Redis away those are `UNCLEAR`.
 * @throws whatever the database throws
 */
export const findLost = ({ db, line, log }: { db: Database; line: Line; log: Log }) => {
  const askJournal = readJournal({ db });

  /**
   * A place that lost to another of its member gets a row, so that it does not come back when that other is over; answers with those that now have
   * left. One that has a row already, admitted or ended meanwhile, is as that row says: whoever wrote it has Redis told (`tellLine`).
   */
  const leave = async (queueId: string, places: readonly Place[]): Promise<Set<Place>> => {
    const left = new Set<Place>();
    for (const place of places) if (await insertEnd(db, { queueId, ...place, ending: 'LEFT' })) left.add(place);
    await line.apply(
      queueId,
      [...left].map((place) => ({ ...place, ending: 'LEFT' })),
    );
    return left;
  };

  const putBack = async (queue: QueueDefinition, places: readonly Place[]): Promise<Looked[]> => {
    if (places.length === 0) return [];
    const { found, gaveWay } = await line.restore(queue, places);
    const left = await leave(queue.id, [...gaveWay, ...places.filter((_, i) => found[i]!.standing === 'LOST')]);
    return found.map(({ standing, pace }, i) => {
      if (standing !== 'LOST') return { standing, pace };
      return left.has(places[i]!) ? { standing: LEFT, pace: undefined } : UNCLEAR;
    });
  };

  /** What the journal knows nothing of; Redis may go at any moment, and must not take the journal's answers with it. */
  const tryRedis = async (queue: QueueDefinition, lost: readonly Place[], decisions: readonly Decision[]): Promise<Looked[]> => {
    try {
      await line.apply(queue.id, decisions);
      return await putBack(queue, lost);
    } catch (error) {
      log.debug({ err: error, queueId: queue.id }, 'lost places were not put back yet');
      return lost.map(() => UNCLEAR);
    }
  };

  return async (queue: QueueDefinition, places: readonly Place[], { redisAway }: { redisAway: boolean }): Promise<Looked[]> => {
    const standings = await askJournal(queue, places);
    const lost = places.filter((_, i) => standings[i] === undefined);
    const back = redisAway ? lost.map(() => UNCLEAR) : await tryRedis(queue, lost, decisionsOf(places, standings));
    const next = back.values();
    return standings.map((standing) => (standing === undefined ? next.next().value! : { standing, pace: undefined }));
  };
};

export type FindLost = ReturnType<typeof findLost>;
