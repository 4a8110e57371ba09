import { memberData, type DataOwner, type sectionsOf } from '@onsale/contracts';
import { memberDataRequested } from '@onsale/contracts/commerce';
import { on, type Handler } from '../inbox/index.ts';
import { eventOf, type Outbox } from '../outbox/index.ts';
import { partsOf, type SectionReader } from './parts-of.ts';

interface Options<O extends DataOwner> {
  readonly owner: O;
  readonly outbox: Pick<Outbox, 'add'>;
  /** A reader for each section of the owner: the compiler asks for all of them. */
  readonly sections: Readonly<Record<(typeof sectionsOf)[O][number], SectionReader>>;
}

/** Tells commerce what is kept of a member, in the transaction of the request's inbox row: once, and as it was at one moment. */
export const answersDataRequests = <O extends DataOwner>({ owner, outbox, sections }: Options<O>): Handler =>
  on(memberDataRequested, async ({ data }, trx) => {
    const parts = await partsOf(trx, sections as Readonly<Record<string, SectionReader>>, data);
    await outbox.add(trx, ...parts.map((part) => eventOf(memberData(owner), { subject: data.exportId, data: part })));
  });
