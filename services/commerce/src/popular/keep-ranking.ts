import { loop, type Part } from '@onsale/shared/lifecycle';
import type { Log } from '@onsale/shared/log';
import type { Metrics } from '@onsale/shared/metrics';
import { isRedisAway } from '@onsale/shared/redis';
import type { Clock } from '@onsale/shared/ids';
import type { Ranking } from './ranking.ts';
import type { RebuildRanking } from './rebuild-ranking.ts';

/** Made anew so often whatever happens: should a fact have been lost or counted twice, it is so for no longer. */
const OLD_MS = 6 * 3_600_000;

interface Options {
  readonly ranking: Ranking;
  readonly rebuild: RebuildRanking;
  readonly clock: Clock;
  /** Milliseconds between looks. */
  readonly everyMs: number;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface RankingKeeper {
  readonly part: Part;
  /** Looks now. */
  readonly wake: () => void;
  /** Rebuilds now. */
  readonly ask: () => void;
}

/** Rebuilds the ranking when it is not there, when it is old, and when it is asked to. Every replica may run it: one builds. */
export const createRankingKeeper = ({ ranking, rebuild, clock, everyMs, log, metrics }: Options): RankingKeeper => {
  const seconds = metrics.histogram({
    name: 'onsale_popular_rebuild_seconds',
    help: 'Rebuilds of the ranking of popular products',
    labels: ['outcome'],
    buckets: [0.1, 0.5, 1, 5, 10, 30, 60, 300],
  });
  let asked = false;

  const turn = async (): Promise<void> => {
    const { built } = await ranking.figures();
    if (!asked && built !== undefined && clock.now().getTime() - built.at.getTime() < OLD_MS) return;
    const wanted = asked;
    asked = false;
    const began = performance.now();
    try {
      const outcome = await rebuild();
      if (wanted && outcome !== 'built') asked = true;
      if (outcome === 'elsewhere') return;
      const took = (performance.now() - began) / 1000;
      seconds.observe({ outcome }, took);
      log.info({ outcome, seconds: took }, 'the ranking of popular products was rebuilt');
    } catch (error) {
      asked ||= wanted;
      throw error;
    }
  };

  const looking = loop({
    name: 'popular products',
    everyMs,
    turn,
    onError: (error) =>
      log[isRedisAway(error) ? 'debug' : 'warn']({ err: error }, 'the ranking of popular products could not be looked at'),
  });
  return {
    part: looking,
    wake: () => looking.wake(),
    ask: () => {
      asked = true;
      looking.wake();
    },
  };
};
