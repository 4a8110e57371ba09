import { broken } from '../report.ts';
import { plantedShop, plantedStores, type PlantedShop, type PlantedStores } from './planted-shop.ts';

/** What specs that plant faults share: stores for the whole file (`start`, `stop`), and an empty shop in them for each test (`begin`). */
export const plantedShops = () => {
  let stores: PlantedStores | undefined;
  let shop: PlantedShop;
  const aged = (seconds: number) => shop.payment.raw('NOW(3) - INTERVAL ? SECOND', [seconds]);
  return {
    start: async (): Promise<void> => {
      stores = await plantedStores();
    },
    begin: async (): Promise<PlantedShop> => {
      await stores!.empty();
      return (shop = await plantedShop(stores!));
    },
    stop: async (): Promise<void> => void (await stores?.drop()),
    /** As of a row that was written so long ago. */
    aged: (seconds: number) => ({ created_at: aged(seconds), updated_at: aged(seconds) }),
    /** The invariants that are broken, each once. */
    brokenIn: async (one: PlantedShop): Promise<string[]> => [...new Set(broken(await one.findings()).map(({ invariant }) => invariant))],
  };
};
