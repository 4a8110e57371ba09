import type { FindPlace, NamedPlace } from './find-place.ts';
import type { Look } from './look-at-places.ts';

/** Counts a member as seen; nothing else changes, the window of an admission least of all. @throws Refusal as `findPlace` */
export const beat =
  ({ find, show }: { find: FindPlace; show: Look }) =>
  async (named: NamedPlace): Promise<void> => {
    const { queue, place } = await find(named);
    await show(queue, place);
  };
