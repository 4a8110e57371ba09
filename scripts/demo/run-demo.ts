import { readFileSync } from 'node:fs';
import { createClient } from '@onsale/contracts';
import { readSchedule } from '@onsale/contracts/reservation';
import type { JSONWebKeySet } from '@onsale/shared/auth';
import type { Finding } from '@onsale/shared/invariants';
import type { Fleet } from '../fleet/start-fleet.ts';
import { verifyInvariants } from '../invariants/verify-invariants.ts';
import { createCrowd, type CrowdCounts, type CrowdJourney } from '../load/crowd.ts';
import { createKeepAliveFetch } from '../load/keep-alive-fetch.ts';
import { createOperationsJournal } from '../load/operations-journal.ts';
import { createStepTimes, type StepTimes } from '../load/step-times.ts';
import type { SeededMember } from '../seed/member-file.ts';
import { seedMembers } from '../seed/seed-members.ts';
import { type DemoSale, openDemoSale } from './open-demo-sale.ts';

export interface DemoOptions {
  readonly fleet: Pick<Fleet, 'gatewayUrl' | 'databases' | 'redisUrl' | 'namespace' | 'keys'>;
  readonly operatorToken: string;
  readonly members: number;
  readonly seats: number;
  /** Members inside at once, at most. */
  readonly cap: number;
  /** Sends everybody home. */
  readonly signal?: AbortSignal;
  readonly onReady?: (sale: DemoSale) => void;
  /** Called every `progressMs` while members are in the shop, and once when all have gone. */
  readonly onProgress?: (counts: CrowdCounts) => void;
  readonly progressMs?: number;
  /** All members have gone; the invariants are read. */
  readonly onSold?: (sold: SoldOut) => void;
}

/** What has become of the members and the seats. */
export interface SoldOut {
  readonly sale: DemoSale;
  readonly members: number;
  readonly counts: CrowdCounts;
  readonly journeys: readonly CrowdJourney[];
  /** Seats that are not free any more, as the shop says. */
  readonly sold: number;
  readonly steps: ReturnType<StepTimes['summaries']>;
  readonly seconds: number;
}

/** Somebody who has just seen the seats wants one of the best, and so do some others. */
const PLAN = { favourites: 8, thinkMs: 400, operationMs: 60_000, repeatShare: 0.1 };
const TOKEN_LIFE_SECONDS = 3_600;
const CONNECTIONS = 128;

/**
 * Sells a concert of its own to simulated members, each of whom goes through the gateway as a client would, then asks the stores whether the
 * invariants hold.
 * @throws the signal's reason when it is aborted; CallProblem when the concert cannot be put on sale; StoreUnreadable
 */
export const runDemo = async (options: DemoOptions): Promise<SoldOut & { findings: Finding[] }> => {
  const { fleet, operatorToken, members: count, seats, cap, signal, onReady, onProgress, progressMs = 1_000, onSold } = options;
  const { gatewayUrl: baseUrl, databases, redisUrl, namespace, keys } = fleet;
  const wire = createKeepAliveFetch({ baseUrl, connections: CONNECTIONS });
  const client = createClient({ baseUrl, fetch: wire.fetch });
  const goHome = (): void => void wire.close();
  signal?.addEventListener('abort', goHome, { once: true });
  try {
    signal?.throwIfAborted();
    const sale = await openDemoSale({ client, operatorToken, seats, cap });
    const members: SeededMember[] = [];
    const accessKeys = JSON.parse(readFileSync(keys.accessPrivate, 'utf8')) as JSONWebKeySet;
    const onMembers = (made: SeededMember[]): void => void members.push(...made);
    const seeded = { databases, accessKeys, count, points: 0, tokenLifeSeconds: TOKEN_LIFE_SECONDS, onMembers };
    await seedMembers({ ...seeded, ...(signal && { signal }) });
    onReady?.(sale);

    const [journal, times] = [createOperationsJournal(), createStepTimes()];
    const crowd = createCrowd({ client, members, saleOf: () => sale, journal, times, plan: PLAN, ...(signal && { signal }) });
    const began = performance.now();
    const ticking = setInterval(() => signal?.aborted !== true && onProgress?.(crowd.counts()), progressMs);
    const journeys = await crowd.together().finally(() => clearInterval(ticking));
    signal?.throwIfAborted();
    const seconds = (performance.now() - began) / 1_000;
    onProgress?.(crowd.counts());
    const { total, available } = await client.call(readSchedule, { params: { id: sale.scheduleId } });
    const counts = crowd.counts();
    const sold = { sale, members: count, counts, journeys, sold: total - available, steps: times.summaries(), seconds };
    onSold?.(sold);
    const findings = await verifyInvariants({ databases, redisUrl, namespace, operations: journal.operations() });
    return { ...sold, findings };
  } finally {
    signal?.removeEventListener('abort', goHome);
    await wire.close();
  }
};
