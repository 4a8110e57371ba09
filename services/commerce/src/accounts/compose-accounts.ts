import type { Database } from '@onsale/shared/db';
import type { Clock, NewId } from '@onsale/shared/ids';
import type { Log } from '@onsale/shared/log';
import type { Metrics } from '@onsale/shared/metrics';
import type { Outbox } from '@onsale/shared/outbox';
import type { Notices } from '@onsale/shared/redis';
import { createEnds, type SagaRunner } from '@onsale/shared/saga';
import type { ConfirmPassword } from '../passwords/confirm-password.ts';
import type { SessionAnnouncer } from '../sessions/session-announcer.ts';
import { exportHandlers } from './consumer.ts';
import { accountDeletion } from './deletion-saga.ts';
import { haveEnded } from './deletion-store.ts';
import { eraseMember } from './erase-member.ts';
import { createExportPurge } from './export-purge.ts';
import { readExport } from './read-export.ts';
import { refuseDeletion } from './refuse-deletion.ts';
import { requestDeletion } from './request-deletion.ts';
import { requestExport } from './request-export.ts';
import { accountRoutes } from './routes.ts';

interface Deps {
  readonly db: Database;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly outbox: Outbox;
  readonly notices: Notices;
  readonly announcer: SessionAnnouncer;
  readonly confirmPassword: ConfirmPassword;
  readonly exports: { readonly lifeSeconds: number; readonly most: number };
  /** Between two reads of the ends that requests wait for; 0 is off. */
  readonly endsPollMs: number;
  readonly purgeEveryMs: number;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Deletion and export, wired by hand; `doors` once there is the runner of the saga. */
export const composeAccounts = (deps: Deps) => {
  const { db, clock, newId, outbox, notices, announcer, confirmPassword, exports, endsPollMs, purgeEveryMs, log, metrics } = deps;
  const ends = createEnds({
    notices,
    namespace: 'account-deletion',
    read: (ids) => haveEnded(db, ids),
    pollMs: endsPollMs,
    metrics,
    log,
  });
  const deletion = accountDeletion({
    eraseMember: eraseMember({ outbox, ends, announcer }),
    refuseDeletion: refuseDeletion({ ends }),
  });
  return {
    saga: deletion,
    handlers: exportHandlers(),
    doors: (sagas: SagaRunner) =>
      accountRoutes({
        db,
        ends,
        announcer,
        requestDeletion: requestDeletion({ db, clock, newId, confirmPassword, sagas, deletion }),
        requestExport: requestExport({ db, newId, outbox, policy: exports }),
        readExport: readExport({ db }),
      }),
    parts: [ends.part, createExportPurge({ db, everyMs: purgeEveryMs, log })],
  };
};
