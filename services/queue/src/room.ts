import type { QueueTokenCodec } from '@onsale/shared/auth';
import type { CrashPoints } from '@onsale/shared/crash';
import type { Database } from '@onsale/shared/db';
import { createDefinitions } from '@onsale/shared/definitions';
import type { Clock } from '@onsale/shared/ids';
import type { Log } from '@onsale/shared/log';
import type { Metrics } from '@onsale/shared/metrics';
import type { Notices, Redis } from '@onsale/shared/redis';
import { leaveAll } from './accounts/leave-all.ts';
import { admitNext } from './admission/admit-next.ts';
import { endExpired } from './admission/end-expired.ts';
import { restoreLine } from './admission/restore-line.ts';
import { tellLine } from './admission/tell-line.ts';
import { createTicker } from './admission/ticker.ts';
import type { Settings } from './config.ts';
import { createInvitations } from './grants/create-invitations.ts';
import { grantLane } from './grants/grant-lane.ts';
import { createBusyMarks } from './line/busy-marks.ts';
import { createLine } from './line/line.ts';
import { listDraw } from './opening/list-draw.ts';
import { openDue } from './opening/open-due.ts';
import { readDraw } from './opening/read-draw.ts';
import { beat } from './places/beat.ts';
import { checkTokens } from './places/check-tokens.ts';
import { endByNumber } from './places/end-by-number.ts';
import { findLost } from './places/find-lost.ts';
import { findPlace } from './places/find-place.ts';
import { issueToken } from './places/issue-token.ts';
import { issueTokens } from './places/issue-tokens.ts';
import { leaveQueue } from './places/leave-queue.ts';
import { lookAtPlaces } from './places/look-at-places.ts';
import { showPlace } from './places/show-place.ts';
import { spendToken } from './places/spend-token.ts';
import { tellSales } from './places/tell-sales.ts';
import { changeQueue } from './queues/change-queue.ts';
import { createQueue } from './queues/create-queue.ts';
import { endEpoch } from './queues/end-epoch.ts';
import { listQueues } from './queues/list-queues.ts';
import { openQueue } from './queues/open-queue.ts';
import { openScheduleQueue } from './queues/open-schedule-queue.ts';
import { operatorReads } from './queues/operator-reads.ts';
import { findQueue } from './queues/queue-store.ts';
import { readCounters } from './queues/read-counters.ts';
import { readQueue } from './queues/read-queue.ts';
import { steerSale } from './queues/steer-sale.ts';

export interface RoomOptions {
  readonly db: Database;
  readonly redis: Redis;
  readonly notices: Pick<Notices, 'publish' | 'on'>;
  readonly codec: QueueTokenCodec;
  readonly settings: Pick<Settings, 'namespace' | 'queueDefaults' | 'capacityPerSeat' | 'tickMs'>;
  readonly clock: Clock;
  /** From [0, 1): spreads the times at which waiters ask again. */
  readonly random: () => number;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly crash?: CrashPoints | undefined;
}

/** The notice that a queue's definition has changed. */
const CHANGED = 'queue-changed';

/** The waiting rooms without their doors: every use case, wired by hand on the engines, and the steps of a tick one by one. */
export const createRoom = ({ db, redis, notices, codec, settings, clock, random, log, metrics, crash }: RoomOptions) => {
  const { namespace, queueDefaults, capacityPerSeat, tickMs } = settings;
  const line = createLine({ redis, namespace });

  const definitions = createDefinitions({ read: (id) => findQueue(db, id), log });
  notices.on(CHANGED, definitions.forget);
  const announce = (queueId: string): void => {
    definitions.forget(queueId);
    void notices.publish(CHANGED, queueId);
  };

  const restore = restoreLine({ db, line, announce, log, metrics });
  const list = listDraw({ db, line, restoreLine: restore, crash });
  const steps = {
    restoreLine: restore,
    openDue: openDue({ db, line, restoreLine: restore, listDraw: list, announce, log }),
    endExpired: endExpired({ db, metrics }),
    tellLine: tellLine({ db, line, notices }),
  };
  const admit = admitNext({ db, line, restoreLine: steps.restoreLine, metrics, crash });
  const ticker = createTicker({ ...steps, admitNext: admit, line, tickMs, log, metrics });
  const { wake, settled } = ticker;

  const markBusy = createBusyMarks({ line, log });
  const look = lookAtPlaces({ line, findLost: findLost({ db, line, log }), definitions, markBusy, wake, log });
  const show = showPlace({ look, db, line, markBusy, wake, log });
  const find = findPlace({ definitions });
  const leave = leaveQueue({ db, line, find, wake, log, metrics });
  const grants = grantLane({ db, look });
  const counters = readCounters({ line });
  const open = openQueue({ clock, defaults: queueDefaults });

  const issue = issueToken({
    definitions,
    line,
    look,
    grantLane: grants,
    leaveQueue: leave,
    restoreLine: steps.restoreLine,
    markBusy,
    settled,
    codec,
    clock,
    random,
    metrics,
    crash,
  });

  return {
    ticker,
    steps: { ...steps, admitNext: admit },
    issueToken: issue,
    issueTokens: issueTokens({ issueToken: issue, log }),
    beat: beat({ find, show }),
    leaveQueue: leave,
    createInvitations: createInvitations({ db }),
    checkTokens: checkTokens({ definitions, show, defaults: queueDefaults, clock, random, log }),
    endByNumber: endByNumber({ db, line, wake, log, metrics }),
    tellSales: tellSales({ definitions }),
    readDraw: readDraw({ db }),
    spendToken: spendToken({ wake, metrics }),
    leaveAll: leaveAll({ wake, metrics }),
    createQueue: createQueue({ db, openQueue: open, announce }),
    changeQueue: changeQueue({ db, readCounters: counters, announce, wake }),
    steerSale: steerSale({ db, readCounters: counters, announce, wake }),
    endEpoch: endEpoch({ db, line, readCounters: counters, announce, wake, log, metrics }),
    operatorReads: operatorReads({ db, line, readCounters: counters }),
    readQueue: readQueue({ definitions, readCounters: counters }),
    listQueues: listQueues({ db, readCounters: counters }),
    openScheduleQueue: openScheduleQueue({ openQueue: open, announce, capacityPerSeat, log }),
  };
};

export type Room = ReturnType<typeof createRoom>;
