import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { within } from '@onsale/shared/deadline';
import { eventually, temporaryFolders } from '@onsale/shared/testing';
import type { ServiceProcess } from '../../scripts/fleet/service-process.ts';
import type { ServiceName } from '../../scripts/fleet/services.ts';
import { verifyInvariants } from '../../scripts/invariants/verify-invariants.ts';
import { deathsIn, drawn } from './deaths.ts';
import { createPool } from './pool.ts';
import { startRollingLoad, type RollingLoad } from './rolling-load.ts';
import { startTestFleet, type TestFleet } from './test-fleet.ts';
import { settled } from './under-way.ts';

/** Members who buy for as long as they are wanted. */
export interface CrashLoad {
  /** Lets nobody in any more. */
  close(): void;
  /** Purchases that succeeded so far. */
  paid(): number;
  operations(): ReturnType<RollingLoad['operations']>;
  /** `close`, and resolves with how each ended when the last has left. */
  finish(): Promise<readonly { readonly end: string; readonly code?: string }[]>;
}

export interface CrashScene {
  readonly fleet: TestFleet;
  readonly load: CrashLoad;
}

interface LoadOptions {
  readonly fleet: TestFleet;
  readonly atOnce: number;
  readonly poorOneOf: number;
}

/** Seats of a sale of its own, each with a line of its own. */
const startSeatLoad = async ({ fleet, ...rest }: LoadOptions): Promise<CrashLoad> => {
  const sale = await fleet.sale({ seats: SEATS, queue: { cap: SEATS } });
  return startRollingLoad({ fleet, sale, seats: SEATS, ...rest });
};

export interface CrashCell {
  readonly service: ServiceName;
  /** `<name>/<moment>` (libs/shared/src/crash). */
  readonly point: string;
  /** The process dies when it meets the point for this time: in the midst of the load, unless it says otherwise. */
  readonly nth?: number;
  /** One member of so many has no points, and makes its purchase go back. */
  readonly poorOneOf?: number;
  /** What has to happen besides, for the point to be met at all, and what is done about it when the process is back. */
  readonly meanwhile?: (scene: CrashScene) => Promise<void | (() => Promise<void>)>;
  /** What `meanwhile` makes of the point, for the test's name. */
  readonly when?: string;
}

/** A message that is handled can die at three moments, a request that writes at three, a message that is sent at one. */
export const OF_MESSAGES = ['before-commit', 'after-commit', 'before-offset'];
export const OF_REQUESTS = ['before-commit', 'after-commit', 'before-answer'];
export const AFTER_PUBLISH = ['after-publish'];
/** What only members without points cause is met less often. */
export const RARE = { nth: 2 };

/** Every name at every moment. */
export const cellsOf = (
  service: ServiceName,
  names: readonly string[],
  moments: readonly string[],
  rest: Omit<CrashCell, 'service' | 'point'> = {},
): CrashCell[] => names.flatMap((name) => moments.map((moment) => ({ service, point: `${name}/${moment}`, ...rest })));

/** Enough to be in the midst of the load: about a third of the purchases that are wanted. */
const NTH = 20;
const WANTED = 50;
/** Purchases that have to succeed after the fleet is whole again. */
const WANTED_AFTER = 10;
const PLACES = 10;
const POOR_ONE_OF = 8;
const SEATS = 400;
/** As long as all of a load takes to meet a point that is met at all. */
const DEATH_MS = 60_000;
/** Every saga is at its end so long after the fault is healed (I7). */
const HEALED_MS = 60_000;
const REFUSED_BY_DESIGN = new Set(['INSUFFICIENT_POINTS', 'CANCELLED_BY_OPERATOR']);

/** A fleet of its own for so many cells, fleets side by side: half of a cell's time passes in which Kafka misses the dead. */
const CELLS_A_FLEET = 12;
/** Against a hang: a cell's clock runs while it waits for a fleet, behind the four others that jest begins with it. */
const PATIENCE_MS = 5 * 300_000;

const noneSentAgain = { ONSALE_SAGA_SWEEP_MS: '3600000', ONSALE_SAGA_RETRY_AFTER_MS: '30000' };

/**
 * A fleet in which the dead are missed for as short as Kafka lets them be, and asked for again soon. No command is sent again for want of an answer:
 * outbox, Kafka and inbox alone have to see to it that a saga goes on, and whatever they lose stays lost.
 */
const settings = {
  all: { ONSALE_KAFKA_SESSION_MS: '6000' },
  gateway: { ONSALE_BREAKER_RESET_MS: '200' },
  payment: noneSentAgain,
  commerce: noneSentAgain,
};

interface Victim {
  readonly victim: ServiceProcess;
  /** Of its deaths. */
  readonly log: string;
}

const another = async (process: ServiceProcess): Promise<void> => {
  process.kill();
  await process.exited();
  await process.start();
};

/**
 * Each cell kills one process by SIGKILL at its point, in the midst of purchases, and starts it again. It counts only with proof: the process has died by
 * SIGKILL, at the point, once, and purchases succeeded before and after. Then every saga comes to its end, and the stores hold what they promise.
 */
export const crashSuite = (
  name: string,
  all: readonly CrashCell[],
  startLoad: (options: LoadOptions) => Promise<CrashLoad> = startSeatLoad,
): void => {
  const cells = drawn(all);
  const folders = temporaryFolders();
  const fleets = createPool<TestFleet>();
  beforeAll(async () => {
    await Promise.all(
      Array.from({ length: Math.ceil(cells.length / CELLS_A_FLEET) }, async () => fleets.add(await startTestFleet({ settings }))),
    );
  });
  afterAll(async () => {
    await Promise.all(fleets.all().map((fleet) => fleet.stop()));
    folders.remove();
  });

  const becomesWhole = async (fleet: TestFleet, cell: CrashCell): Promise<void> => {
    const victim = fleet.processesOf(cell.service)[0]!;
    const log = join(folders.make(), 'deaths');
    await victim.stop();
    await victim.start({ ONSALE_CRASH_AT: `${cell.point}#${cell.nth ?? NTH}`, ONSALE_CRASH_LOG: log });
    const load = await startLoad({ fleet, atOnce: PLACES, poorOneOf: cell.poorOneOf ?? POOR_ONE_OF });
    try {
      await diesAndLives({ fleet, load }, { ...cell, victim, log });
    } catch (error) {
      load.close();
      await another(victim); // the next cell shall not suffer for this one
      throw error;
    }
  };

  const diesAndLives = async ({ fleet, load }: CrashScene, { victim, log, point, meanwhile }: CrashCell & Victim): Promise<void> => {
    const pid = victim.pid();
    const afterwards = await meanwhile?.({ fleet, load });
    expect(await within(DEATH_MS, victim.exited(), `the death at ${point}`)).toEqual({ code: null, signal: 'SIGKILL' });
    expect(deathsIn(log)).toEqual([expect.objectContaining({ point, pid })]);
    const paid = load.paid();
    expect(paid).toBeGreaterThan(0);

    await victim.start();
    const healedAt = new Date();
    await afterwards?.();
    await eventually(() => expect(load.paid()).toBeGreaterThanOrEqual(Math.max(WANTED, paid + WANTED_AFTER)), { withinMs: HEALED_MS });
    const ends = await load.finish();
    await settled(fleet);
    expect(deathsIn(log)).toHaveLength(1);
    expect(ends.filter(({ end, code }) => end !== 'paid' && !REFUSED_BY_DESIGN.has(code ?? ''))).toEqual([]);
    const findings = await verifyInvariants({
      ...fleet,
      kafkaBrokers: process.env.ONSALE_TEST_KAFKA_BROKERS!,
      healedAt,
      operations: load.operations(),
    });
    expect(findings.filter(({ violations }) => violations > 0)).toEqual([]);
  };

  describe(name, () => {
    it.concurrent.each(cells.map((cell) => ({ when: '', ...cell })))(
      'is whole again after $service has died at $point$when',
      (cell) => fleets.with((fleet) => becomesWhole(fleet, cell)),
      PATIENCE_MS,
    );
  });
};
