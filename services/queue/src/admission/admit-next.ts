import { during, type CrashPoints } from '@onsale/shared/crash';
import { inTransaction, isDuplicate, type Database, type Trx } from '@onsale/shared/db';
import type { Metrics } from '@onsale/shared/metrics';
import { decisionOf } from '../journal/decision.ts';
import { endsCounter } from '../journal/ends-counter.ts';
import { admittedOf, countLive, entriesOf, insertAdmissions, insertEnd, isOfAnother, type JournalEntry } from '../journal/journal-store.ts';
import type { Decision, Head } from '../line/line-views.ts';
import type { Line } from '../line/line.ts';
import { isVoid, type Place } from '../places/place.ts';
import { insertEntries } from '../opening/draw-store.ts';
import { openingNumber } from '../opening/opening.ts';
import { weightOf } from '../queues/lanes.ts';
import { findAdmission, lockAdmission, raiseLastNumber, updateAdmission, type AdmissionState } from '../queues/admission-store.ts';
import { watchRest } from '../queues/rest-store.ts';
import { admits } from '../queues/sale-state.ts';
import { admissible, TICK_MOST } from './admissible.ts';
import { claimNoShows, endNoShows } from './no-shows.ts';
import type { RestoreLine } from './restore-line.ts';
import { takeTurns } from './take-turns.ts';

interface Deps {
  readonly db: Database;
  readonly line: Line;
  readonly restoreLine: RestoreLine;
  readonly metrics: Metrics;
  readonly crash?: CrashPoints | undefined;
}

export interface Admitted {
  /** Now admitted: the journal says so, Redis has yet to be told. */
  readonly admitted: number;
  /** Nobody is in line. */
  readonly empty: boolean;
}

interface Look {
  readonly head: Head;
  /** Numbers that were claimed as no-shows. */
  readonly noShows: readonly number[];
}

/** What a transaction did; `decided` is what Redis is to be told besides the rows that are not told yet. */
interface Turn {
  readonly admitted: number;
  readonly ended: number;
  readonly decided: readonly Decision[];
  /** In line by numbers that are others'. */
  readonly strangers: readonly Place[];
}
const NOTHING: Turn = { admitted: 0, ended: 0, decided: [], strangers: [] };

/** Numbers are microseconds: one that is newer by a second is worth a write. */
const NUMBER_DRIFT = 1_000_000;

/** Nobody comes in. */
const CLOSED = { count: 0, most: 0, allowance: 0 };

const roomIn = async (db: Database | Trx, queue: AdmissionState) =>
  admits(queue) ? admissible({ ...queue, live: queue.cap === undefined ? 0 : await countLive(db, queue.id) }) : CLOSED;

/** Who comes in, lane by lane in turn; `late`: somebody of the lane with a higher score was admitted before. */
const inTurn = (queue: AdmissionState, head: Head, staying: ReadonlySet<Place>, count: number) => {
  const { chosen, credits } = takeTurns(
    head.lanes.map(({ name, first }) => ({
      name,
      weight: weightOf(queue, name),
      credit: queue.laneStates[name]?.credit ?? 0,
      waiting: first.filter((place) => staying.has(place)),
    })),
    count,
  );
  let { turn } = queue;
  const fronts = new Map(Object.entries(queue.laneStates).map(([name, { front }]) => [name, front]));
  const admissions = chosen.map((place) => {
    turn += 1;
    const front = fronts.get(place.lane) ?? 0;
    fronts.set(place.lane, Math.max(front, place.score));
    return { ...place, turn, late: place.score < front };
  });
  const laneStates = Object.fromEntries(
    [...fronts].map(([name, front]) => [name, { front, credit: credits.get(name) ?? queue.laneStates[name]?.credit ?? 0 }]),
  );
  return { admissions, turn, laneStates };
};

/**
 * Places in line whose number has a row by now, each by the member who stands there: the row of a revoked number may not know whose it is. `strangers`: the
 * row is another member's, as two masters that did not know of each other gave out one number twice.
 */
const staleOf = async (trx: Trx, queueId: string, first: readonly Place[]): Promise<{ stale: JournalEntry[]; strangers: Place[] }> => {
  const rows = await entriesOf(
    trx,
    queueId,
    first.map(({ number }) => number),
  );
  const entries = new Map(rows.map((entry) => [entry.number, entry]));
  const taken = first.filter(({ number }) => entries.has(number));
  const strangers = taken.filter(({ number, member }) => isOfAnother(entries.get(number)!, member));
  const stale = taken.filter((place) => !strangers.includes(place)).map((place) => ({ ...entries.get(place.number)!, ...place }));
  return { stale, strangers };
};

/** One place a member: the one that is admitted stays, else the lower; the others give way. Of one number that two have, one comes in. */
const onceAMember = (places: readonly Place[], inside: ReadonlySet<string>) => {
  const taken = new Set(inside);
  const numbers = new Set<number>();
  const staying = new Set<Place>();
  const giveWay: Place[] = [];
  for (const place of places.toSorted((a, b) => a.number - b.number)) {
    if (numbers.has(place.number)) continue; // the next tick finds the row of the other
    numbers.add(place.number);
    if (taken.has(place.member)) giveWay.push(place);
    else staying.add(place);
    taken.add(place.member);
  }
  return { staying, giveWay };
};

/**
 * Admits the first present waiters of a queue into its free slots, under the lock of its row: so the cap holds with any number of replicas, and
 * whatever becomes of Redis. The line is read before the lock is taken, never inside the transaction; it is a list of waiters of its lanes in order, from which
 * those who have a row by now are left out, and so is a second place of a member, which gets its end. A line that has lost writes is restored
 * instead. To tell Redis is the next step, and not this one's (`tellLine`): a death between them leaves rows that the next tick tells of.
 * @throws whatever an engine throws; then nobody was admitted
 */
export const admitNext = ({ db, line, restoreLine, metrics, crash }: Deps) => {
  const admissions = metrics.counter({ name: 'onsale_queue_admissions_total', help: 'Members admitted' });
  const noShows = metrics.counter({ name: 'onsale_queue_no_shows_total', help: 'Admissions ended early, as their owners never came' });
  const ends = endsCounter(metrics);

  const keepNumber = async (queue: AdmissionState, lastNumber: number): Promise<void> => {
    if (lastNumber - queue.lastNumber > NUMBER_DRIFT) await raiseLastNumber(db, queue.id, lastNumber);
  };

  /** With Redis away it throws: a rest is watched by those alone who could put a waiter back. */
  const rests = async (queue: AdmissionState): Promise<boolean> =>
    queue.resting && (await line.peek(queue)) !== undefined && !(await watchRest(db, queue));

  /** The line, and admissions that may be ended for those in it. `undefined`: Redis has lost writes. */
  const lookAtLine = async (queue: AdmissionState): Promise<Look | undefined> => {
    const room = queue.resting ? CLOSED : await roomIn(db, queue);
    const head = await line.head(queue, room.count);
    if (head === undefined) return undefined;
    const claimed = await claimNoShows(line, queue, { ...room, waiting: head.waiting });
    if (claimed === undefined) return undefined;
    if (claimed.length === 0) return { head, noShows: claimed };
    const longer = await line.head(queue, Math.min(TICK_MOST, room.count + claimed.length));
    return longer && { head: longer, noShows: claimed };
  };

  const admitFrom = async (trx: Trx, { id, generation }: AdmissionState, { head, noShows }: Look): Promise<Turn> => {
    const queue = await lockAdmission(trx, id);
    // another life of the line began since it was read: it rests, so that those who were lost come back first (a rest that is over comes with a new life alone)
    if (queue === undefined || queue.generation !== generation) return NOTHING;
    const { ended, kept } = admits(queue) ? await endNoShows(trx, queue, noShows) : { ended: 0, kept: [] };
    const room = await roomIn(trx, queue);
    const first = head.lanes.flatMap((lane) => lane.first);
    const { stale, strangers } = await staleOf(trx, id, first);
    const known = new Set([...stale, ...strangers].map(({ number }) => number));
    const waiting = first.filter(({ number }) => !known.has(number) && !isVoid(queue, number));
    const inside = await admittedOf(
      trx,
      id,
      waiting.map(({ member }) => member),
    );
    const { staying, giveWay } = onceAMember(waiting, inside);
    for (const place of giveWay) await insertEnd(trx, { queueId: id, ...place, ending: 'LEFT' });
    const { admissions, turn, laneStates } = inTurn(queue, head, staying, room.count);
    if (admissions.length > 0) {
      await insertAdmissions(trx, { queueId: id, windowSeconds: queue.windowSeconds, admissions });
      // most are in the list of the draw; who came back to a lost line after it was closed gets into it here
      const drawn = admissions.filter(({ number }) => number < openingNumber(queue));
      await insertEntries(trx, { queueId: id, places: drawn, returned: true });
      const allowance = Math.max(0, room.allowance - admissions.length);
      await updateAdmission(trx, { id, turn, laneStates, allowance, elapsedMs: queue.elapsedMs, lastNumber: head.lastNumber });
    }
    return { admitted: admissions.length, ended, decided: [...stale.map(decisionOf), ...kept], strangers };
  };

  /** A line before its opening is kept all the same: what it lost is restored, and its numbers are written down. */
  const watchOver = async (queue: AdmissionState): Promise<Admitted> => {
    const seen = await line.peek(queue);
    if (seen === undefined) await restoreLine(queue.id, queue.generation);
    else {
      await keepNumber(queue, seen.lastNumber);
      if (queue.resting) await watchRest(db, queue);
    }
    return { admitted: 0, empty: false };
  };

  return async (queueId: string): Promise<Admitted> => {
    const queue = await findAdmission(db, queueId);
    if (queue === undefined || queue.generation === 0) return { admitted: 0, empty: true }; // a line's first life begins with its first number
    if (queue.opening?.listed === false) return watchOver(queue);
    const resting = await rests(queue);
    const look = await lookAtLine({ ...queue, resting });
    if (look === undefined) {
      await restoreLine(queueId, queue.generation);
      return { admitted: 0, empty: false };
    }
    const { head } = look;
    await keepNumber(queue, head.lastNumber);
    const empty = head.waiting === 0 && !resting; // a rest is watched to its end
    if (head.lanes.every(({ first }) => first.length === 0)) return { admitted: 0, empty };
    try {
      const admit = () => inTransaction(db, (trx) => admitFrom(trx, queue, look));
      const { admitted, ended, decided, strangers } = await during(crash, 'admission', admit);
      admissions.inc(admitted);
      noShows.inc(ended);
      ends.inc({ ending: 'EXPIRED' }, ended);
      if (strangers.length > 0) await line.drop(queueId, strangers);
      if (decided.length > 0) await line.apply(queueId, decided); // or they would stand at the head, or be claimed, for ever
      return { admitted, empty };
    } catch (error) {
      if (isDuplicate(error)) return { admitted: 0, empty: false }; // one of them left at this moment: the next tick reads a line without
      throw error;
    }
  };
};

export type AdmitNext = ReturnType<typeof admitNext>;
