import { memberData } from '@onsale/contracts';
import { on, type Handler } from '@onsale/shared/inbox';
import { insertParts, shareExport } from './export-store.ts';

/** What the others keep of a member. What comes after its export has expired, or its member is no more, is not kept. */
export const exportHandlers = (): Handler[] =>
  (['payment', 'reservation', 'queue'] as const).map((owner) =>
    on(memberData(owner), async ({ data }, trx) => {
      if (await shareExport(trx, data.exportId)) await insertParts(trx, [data]);
    }),
  );
