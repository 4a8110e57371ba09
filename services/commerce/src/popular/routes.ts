import { urlOf } from '@onsale/contracts';
import * as contract from '@onsale/contracts/commerce';
import { insertAudit } from '@onsale/shared/audit';
import { inTransaction, type Database } from '@onsale/shared/db';
import { accepted, implement, ok } from '@onsale/shared/http';
import type { RankingKeeper } from './keep-ranking.ts';
import type { PopularProductsOf } from './popular-products.ts';
import type { Figures, Ranking } from './ranking.ts';
import { startOf } from './window.ts';

interface Popularity {
  readonly db: Database;
  readonly popularProducts: PopularProductsOf;
  readonly ranking: Ranking;
  readonly keeper: RankingKeeper;
}

const viewOf = ({ built, isBuilding }: Figures): contract.PopularRanking => ({
  isBuilding,
  ...(built !== undefined && { builtAt: built.at.toISOString(), since: startOf(built.from).toISOString(), products: built.products }),
});

/** The doors to the ranking. They stand before those to products: `popular` is no id. */
export const popularRoutes = ({ db, popularProducts, ranking, keeper }: Popularity) => [
  implement(contract.listPopularProducts, async () => ok(await popularProducts())),
  implement(contract.readPopularRanking, async () => ok(viewOf(await ranking.figures()))),
  implement(contract.rebuildPopularRanking, async ({ member }) => {
    const before = viewOf(await ranking.figures());
    await inTransaction(db, (trx) =>
      insertAudit(trx, { actor: member.id, action: 'popular.rebuild', subject: 'popular', before, after: {} }),
    );
    keeper.ask();
    return accepted({ ...before, isBuilding: true }, { location: urlOf('', contract.readPopularRanking), retryAfterSeconds: 1 });
  }),
];
