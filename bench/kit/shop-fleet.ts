import { temporaryFolders } from '@onsale/shared/testing';
import type { FleetSettings } from '../../scripts/fleet/environment.ts';
import { startTestFleet, type TestFleet } from '../../tests/kit/test-fleet.ts';
import { productionKeys, WIDE } from './production.ts';

/** The whole shop as in production: with keys of its own, limits that are counted and never reached, and answers that are not checked again. */
export const startShopFleet = async (more: FleetSettings = {}): Promise<TestFleet> => {
  const folders = temporaryFolders();
  const { access, settings } = productionKeys(folders.make());
  const fleet = await startTestFleet({
    accessKeys: access,
    settings: {
      all: { ...settings.all, ...more.all },
      gateway: { ...settings.gateway, ...WIDE, ...more.gateway },
      queue: { ...settings.queue, ...more.queue },
      reservation: { ...more.reservation },
      payment: { ...more.payment },
      commerce: { ...settings.commerce, ...more.commerce },
    },
  });
  return {
    ...fleet,
    stop: async () => {
      await fleet.stop();
      folders.remove();
    },
  };
};
