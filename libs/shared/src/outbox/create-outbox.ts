import type { Message, Owner } from '@onsale/contracts';
import { createTail, type Trx } from '../db/index.ts';
import { newId as newUuid, systemClock, type Clock, type NewId } from '../ids/index.ts';
import type { Part } from '../lifecycle/index.ts';
import { currentTrace } from '../tracing/index.ts';
import type { MessageDraft } from './message-draft.ts';
import { createRelay, type RelayOptions } from './relay.ts';
import { shardOf } from './shard.ts';

export interface OutboxOptions extends RelayOptions {
  readonly clock?: Clock;
  readonly newId?: NewId;
}

export interface Outbox {
  readonly source: Owner;
  /**
   * Writes messages in the transaction of the change that they tell of; they leave after its commit, in the order of the calls for each subject.
   * The aggregate's row has to be locked or written first, so that the order of ids is that of its changes.
   * @throws Error outside of an open transaction, or for a message of more than 512 KiB
   */
  add(trx: Trx, ...drafts: readonly MessageDraft[]): Promise<void>;
  /** Sends what was committed. Every replica runs one; they share the shards. */
  readonly relay: Part;
}

/** Below what Kafka takes (1 MiB for a batch of a partition): a message that cannot be sent would block all behind it for ever. */
const MAX_PAYLOAD_BYTES = 512 * 1024;

const HEADERS = JSON.stringify({ 'content-type': 'application/cloudevents+json; charset=UTF-8' });

/** Messages that leave if, and only if, the transaction commits that wrote them: at least once each, in order for each subject. */
export const createOutbox = (options: OutboxOptions): Outbox => {
  const { source, clock = systemClock, newId = newUuid } = options;
  const relay = createRelay(options);

  const messageOf = ({ type, subject, id, sequence, data }: MessageDraft): Message => ({
    specversion: '1.0',
    id: id ?? newId(),
    source,
    type,
    subject,
    ...(sequence === undefined ? {} : { sequence }),
    time: clock.now().toISOString(),
    ...(currentTrace() === undefined ? {} : { traceparent: currentTrace()!.traceparent }),
    datacontenttype: 'application/json',
    data,
  });

  const rowOf = (draft: MessageDraft) => {
    const payload = JSON.stringify(messageOf(draft));
    if (Buffer.byteLength(payload) > MAX_PAYLOAD_BYTES) throw new Error(`a ${draft.type} of more than ${MAX_PAYLOAD_BYTES} bytes`);
    const { subject, topic } = draft;
    return { shard: shardOf(subject), aggregate: subject, topic, message_key: subject, headers: HEADERS, payload };
  };

  /** As one of the last statements, so that ids lie close to the order of commits. */
  const write = createTail<ReturnType<typeof rowOf>>({
    write: (trx, rows) => trx('outbox').insert(rows),
    committed: (rows) => relay.wake(rows.map(({ shard }) => shard)),
  });

  return {
    source,
    add: async (trx, ...drafts) => {
      if (drafts.length === 0) return;
      if (trx.isTransaction !== true || trx.isCompleted()) throw new Error('messages are written in an open transaction');
      write(trx, ...drafts.map(rowOf));
    },
    relay,
  };
};
