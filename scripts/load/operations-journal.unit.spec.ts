import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { temporaryFolders } from '@onsale/shared/testing';
import { createOperationsJournal, type Operation, readOperations } from './operations-journal.ts';

const folders = temporaryFolders();
afterAll(folders.remove);

const operation = (key: string, more: Partial<Operation> = {}): Operation => ({
  kind: 'hold',
  memberId: 'ada',
  idempotencyKey: key,
  startedAt: '2030-01-01T00:00:00.000Z',
  endedAt: '2030-01-01T00:00:01.000Z',
  attempts: 1,
  subject: { scheduleId: 's', seatIds: ['1'] },
  outcome: { status: 201 },
  answers: [],
  ...more,
});

describe('the journal of a load client', () => {
  it('keeps operations, and how those without an answer were settled', () => {
    const journal = createOperationsJournal();
    const lost = operation('b', { outcome: 'unknown' });
    journal.record(operation('a'));
    journal.record(lost);
    expect(journal.unsettled()).toEqual([lost]);
    journal.settle(lost, { settled: 'done', subject: { ...lost.subject, reservationId: 'r' } });
    expect(journal.unsettled()).toEqual([]);
    expect(journal.operations()).toEqual([operation('a'), { ...lost, settled: 'done', subject: { ...lost.subject, reservationId: 'r' } }]);
  });

  it('is read from its file as it was kept, but for a line that was not finished', async () => {
    const path = join(folders.make(), 'operations.ndjson');
    const journal = createOperationsJournal({ path });
    journal.record(operation('a', { outcome: 'unknown' }));
    journal.record(operation('b'));
    journal.settle(operation('a', { outcome: 'unknown' }), { settled: 'not done' });
    await journal.close();
    appendFileSync(path, '{"kind":"pa');
    expect(readOperations(path)).toEqual(journal.operations());
  });
});
