import { finalRead } from './final-read.ts';
import type { Insist } from './insist.ts';
import type { OperationsJournal } from './operations-journal.ts';
import type { Visitor } from './visitor.ts';

interface SettleUnknownOptions {
  readonly journal: OperationsJournal;
  readonly visitorOf: (memberId: string) => Visitor;
  readonly insist: Insist;
}

/**
 * Reads once more what came of every operation that had no answer, for when all is quiet: one that was found undone may have been on its way still, and
 * the shop may have been away at the first read.
 * @returns how many are unsettled yet, since nobody answered
 */
export const settleUnknown = async ({ journal, visitorOf, insist }: SettleUnknownOptions): Promise<number> => {
  for (const operation of journal.operations().filter(({ outcome, settled }) => outcome === 'unknown' && settled !== 'done')) {
    // asking for a number gives one
    if (operation.kind === 'enter' && operation.settled !== undefined) continue;
    const found = await finalRead({ visitor: visitorOf(operation.memberId), insist, journal, operation });
    if (found.is !== 'unread') journal.settle(operation, { settled: found.is });
  }
  return journal.unsettled().length;
};
