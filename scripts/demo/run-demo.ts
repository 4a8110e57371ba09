import { readFileSync } from 'node:fs';
import { createClient } from '@onsale/contracts';
import type { JSONWebKeySet } from '@onsale/shared/auth';
import type { Finding } from '@onsale/shared/invariants';
import type { Fleet } from '../fleet/start-fleet.ts';
import { verifyInvariants } from '../invariants/verify-invariants.ts';
import { createCrowd, type CrowdCounts } from '../load/crowd.ts';
import { createKeepAliveFetch } from '../load/keep-alive-fetch.ts';
import { createOperationsJournal } from '../load/operations-journal.ts';
import { createStepTimes } from '../load/step-times.ts';
import type { SeededMember } from '../seed/member-file.ts';
import { seedMembers } from '../seed/seed-members.ts';
import type { Demo, Over } from './demo.ts';

export interface DemoOptions<S, E extends string, F> {
  readonly fleet: Pick<Fleet, 'gatewayUrl' | 'databases' | 'redisUrl' | 'namespace' | 'keys'>;
  readonly operatorToken: string;
  readonly demo: Demo<S, E, F>;
  /** Sends everybody home. */
  readonly signal?: AbortSignal;
  readonly onReady?: (sale: S) => void;
  /** Called every `progressMs` while members are in the shop, and once when all have gone. */
  readonly onProgress?: (counts: CrowdCounts<E>) => void;
  readonly progressMs?: number;
  /** All members have gone; the invariants are read. */
  readonly onOver?: (over: Over<S, E, F>) => void;
}

const TOKEN_LIFE_SECONDS = 3_600;
const CONNECTIONS = 128;

/**
 * Sells something of its own to simulated members, each of whom goes through the gateway as a client would, then asks the stores whether the
 * invariants hold.
 * @throws the signal's reason when it is aborted; CallProblem when nothing can be put on sale; StoreUnreadable
 */
export const runDemo = async <S, E extends string, F>(options: DemoOptions<S, E, F>): Promise<Over<S, E, F> & { findings: Finding[] }> => {
  const { fleet, operatorToken, demo, signal, onReady, onProgress, progressMs = 1_000, onOver } = options;
  const { gatewayUrl: baseUrl, databases, redisUrl, namespace, keys } = fleet;
  const wire = createKeepAliveFetch({ baseUrl, connections: CONNECTIONS });
  const client = createClient({ baseUrl, fetch: wire.fetch });
  const goHome = (): void => void wire.close();
  signal?.addEventListener('abort', goHome, { once: true });
  try {
    signal?.throwIfAborted();
    const sale = await demo.open({ client, operatorToken });
    const members: SeededMember[] = [];
    const accessKeys = JSON.parse(readFileSync(keys.accessPrivate, 'utf8')) as JSONWebKeySet;
    const onMembers = (made: SeededMember[]): void => void members.push(...made);
    const { members: count, points, plan } = demo;
    const seeded = { databases, accessKeys, count, points, tokenLifeSeconds: TOKEN_LIFE_SECONDS, onMembers };
    await seedMembers({ ...seeded, ...(signal && { signal }) });
    onReady?.(sale);

    const [journal, times] = [createOperationsJournal(), createStepTimes()];
    const crowd = createCrowd({ client, members, shopping: demo.shoppingFor(sale), journal, times, plan, ...(signal && { signal }) });
    const began = performance.now();
    const ticking = setInterval(() => signal?.aborted !== true && onProgress?.(crowd.counts()), progressMs);
    const journeys = await crowd.together().finally(() => clearInterval(ticking));
    signal?.throwIfAborted();
    const seconds = (performance.now() - began) / 1_000;
    const counts = crowd.counts();
    onProgress?.(counts);
    const sold = await demo.soldOf(sale, { client, operatorToken });
    const over = { sale, members: count, counts, journeys, sold, steps: times.summaries(), seconds };
    onOver?.(over);
    const findings = await verifyInvariants({ databases, redisUrl, namespace, operations: journal.operations() });
    return { ...over, findings };
  } finally {
    signal?.removeEventListener('abort', goHome);
    await wire.close();
  }
};
