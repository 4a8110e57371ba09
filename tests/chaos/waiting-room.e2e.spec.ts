import { randomBytes } from 'node:crypto';
import { setTimeout as rest } from 'node:timers/promises';
import { createDatabase, type Database } from '@onsale/shared/db';
import { runChecks } from '@onsale/shared/invariants';
import { captureLog, eventually } from '@onsale/shared/testing';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startFleet, type Fleet } from '../../scripts/fleet/start-fleet.ts';
import { mulberry32 } from '../../scripts/test/shuffled.ts';
import { journalChecks } from '../../services/queue/src/journal/journal-checks.ts';
import { mostLive } from '../../services/queue/src/testing/journal-checks.ts';
import { dropSchemas } from '../kit/drop-schemas.ts';
import { createEntrants } from '../kit/entrants.ts';
import { report } from '../kit/report.ts';
import { sharedEngines, type FleetEngines } from '../kit/test-engines.ts';
import { testFolders } from '../kit/test-folders.ts';

const QUEUE = 'stampede';
/** A run of everything plays a fifth of it; one that names it plays all. */
const ENTRANTS = process.env.ONSALE_TEST_CRASHES === 'share' ? 2_000 : 10_000;
const CAP = ENTRANTS / 20;
const WINDOW_SECONDS = 5;
const ABANDON_AFTER_SECONDS = 5;
/** Long enough to be passed over near the head. */
const AWAY_MS = 2.5 * ABANDON_AFTER_SECONDS * 1000;
const LEAST_KILLS = 4;
const PATIENCE_MS = 240_000;

const name = `room-${randomBytes(3).toString('hex')}`;
const schemaPrefix = `${name.replace('-', '_')}_`;
const folders = testFolders(name);
const seed = jest.getSeed();
let engines: FleetEngines;
let fleet: Fleet;
let db: Database;

beforeAll(async () => {
  engines = await sharedEngines();
  fleet = await startFleet({
    engines: { mysqlUrl: engines.mysqlUrl, redisUrl: engines.redisUrl, kafkaBrokers: '' },
    replicas: { gateway: 0, queue: 3, reservation: 0, payment: 0, commerce: 0 },
    settings: {
      queue: {
        ONSALE_QUEUE_WINDOW_SECONDS: String(WINDOW_SECONDS),
        ONSALE_QUEUE_ABANDON_AFTER_SECONDS: String(ABANDON_AFTER_SECONDS),
        ONSALE_QUEUE_MAX_POLL_SECONDS: '1',
      },
    },
    namespace: name,
    schemaPrefix,
    ports: 'free',
    home: folders.home,
    output: { logFolder: folders.logFolder },
  });
  db = createDatabase({ url: fleet.databases.queue!, log: captureLog().log, statementTimeoutMs: 60_000 });
});
afterAll(async () => {
  await db?.destroy();
  await fleet?.stop();
  await dropSchemas({ mysqlUrl: engines.mysqlUrl, schemaPrefix, services: ['queue'] });
  await engines.release();
  folders.remove();
});

interface Row {
  readonly number: number;
  readonly turn: number | null;
  readonly late: number;
  readonly admitted_at: Date | null;
  readonly ended_at: Date | null;
  readonly ending: string | null;
}

/** Kills one replica after another, drawn by the seed, each as soon as the one before is back, until it is told to stop. */
const killing = (random: () => number) => {
  const ended = new AbortController();
  const deaths: { readonly name: string; readonly signal: string | null }[] = [];
  const run = async (): Promise<void> => {
    const replicas = fleet.processesOf('queue');
    while (!ended.signal.aborted) {
      const victim = replicas[Math.floor(random() * replicas.length)]!;
      victim.kill();
      deaths.push({ name: victim.name, signal: (await victim.exited()).signal });
      await victim.start();
      await rest(Math.floor(random() * 500), undefined, { signal: ended.signal }).catch(() => undefined);
    }
  };
  const done = run();
  return {
    deaths,
    stop: async (): Promise<void> => {
      ended.abort();
      await done;
    },
  };
};

/** Empties the Redis database of this fleet, which is all that it has of Redis, once so many entrants have come to their end. */
const emptyAfter = async (ends: number, ended: () => number): Promise<void> => {
  await eventually(() => expect(ended()).toBeGreaterThanOrEqual(ends), { withinMs: PATIENCE_MS });
  await engines.redis.flushdb();
};

const playStampede = async () => {
  const random = mulberry32(seed);
  const urls = fleet.urlsOf('queue');
  const entrants = createEntrants({ queueId: QUEUE, urls, keys: fleet.keys, count: ENTRANTS, random, awayMs: AWAY_MS });
  await entrants.open(CAP);
  const kills = killing(random);
  try {
    await Promise.all([entrants.play({ withinMs: PATIENCE_MS }), emptyAfter(ENTRANTS / 4, entrants.ended)]);
  } finally {
    await kills.stop();
    await entrants.close();
  }
  return { entrants: entrants.all, counts: entrants.counts, deaths: kills.deaths };
};

describe(`Q3, Q4, Q5: ${ENTRANTS} entrants at three replicas that are killed at random, with a Redis that is emptied in the middle`, () => {
  it(
    'come in by their numbers, never more at once than the cap, and all of them come to an end',
    async () => {
      const { entrants, counts, deaths } = await playStampede();
      // whoever was cut off between a number and its answer has a place that nobody will use: its window ends it
      await eventually(async () => expect(await db('journal').whereNull('ended_at').select('number')).toEqual([]), { withinMs: 60_000 });
      const rows = await db('journal').orderBy('turn').select<Row[]>('number', 'turn', 'late', 'admitted_at', 'ended_at', 'ending');

      // the faults were there
      expect(deaths.length).toBeGreaterThanOrEqual(LEAST_KILLS);
      expect(deaths.filter(({ signal }) => signal !== 'SIGKILL')).toEqual([]);
      expect(counts.unanswered).toBeGreaterThan(0);
      const [queue] = await db('queues').where('id', QUEUE).select<{ generation: number }[]>('generation');
      expect(queue!.generation).toBeGreaterThanOrEqual(2); // the line has been put together again

      // everybody was told an end, and the same one as stands in the journal
      const rowOf = new Map(rows.map((row) => [row.number, row]));
      const otherwise = entrants.filter(({ token, status }) => rowOf.get(token!.number)?.ending !== status);
      expect(otherwise.slice(0, 3)).toEqual([]);
      expect(new Set(entrants.map(({ token }) => token!.number)).size).toBe(ENTRANTS);
      expect(new Set(entrants.map(({ status }) => status))).toEqual(new Set(['LEFT', 'EXPIRED']));

      // never more inside than the cap, and as many as that
      expect(mostLive(rows)).toBe(CAP);

      // who was late had not been seen for so long that others were let past
      const admitted = rows.filter(({ turn }) => turn !== null);
      const inOrder = admitted.filter(({ late }) => late === 0).map(({ number }) => number);
      expect(inOrder.filter((number, n) => n > 0 && number < inOrder[n - 1]!)).toEqual([]);
      const lateNumbers = new Set(admitted.filter(({ late }) => late !== 0).map(({ number }) => number));
      const present = entrants.filter(({ longestGapMs }) => longestGapMs < ABANDON_AFTER_SECONDS * 1000);
      expect(present.length).toBeGreaterThan(ENTRANTS / 10);
      expect(present.map(({ token }) => token!.number).filter((number) => lateNumbers.has(number))).toEqual([]);

      report(
        `${ENTRANTS} entrants: ${deaths.length} kills, ${counts.unanswered} of ${counts.asked} requests unanswered, ${lateNumbers.size} late, ${present.length} always present`,
      );

      expect((await runChecks(db, journalChecks)).filter(({ violations }) => violations > 0)).toEqual([]);
    },
    2 * PATIENCE_MS,
  );
});
