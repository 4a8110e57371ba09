import { setImmediate as breathe, setTimeout as rest } from 'node:timers/promises';
import { PLACES_CHANGED, type QueueStatus } from '@onsale/contracts/queue';
import type { VerifiedAccess } from '@onsale/shared/auth';
import { Refusal } from '@onsale/shared/errors';
import type { Clock } from '@onsale/shared/ids';
import { loop, type Part } from '@onsale/shared/lifecycle';
import type { Log } from '@onsale/shared/log';
import type { Metrics } from '@onsale/shared/metrics';
import type { Notices } from '@onsale/shared/redis';
import type { HeldToken } from '../gate/gate.ts';
import type { TokenChecks } from '../gate/token-checks.ts';
import { createHeard } from './heard.ts';
import { TURN_MS } from './pace.ts';
import { createPlaces } from './places.ts';
import { isOver, type Ending, type Reader } from './reader.ts';
import { streamMetrics } from './stream-metrics.ts';
import { createWatches, type Found } from './watches.ts';

export interface HubOptions {
  readonly checks: Pick<TokenChecks, 'checkMany'>;
  readonly notices: Pick<Notices, 'on'>;
  readonly sessions: { readonly hasEach: (sessionIds: readonly string[]) => Promise<boolean[]> };
  readonly most: number;
  readonly mostOfMember: number;
  readonly heartbeatMs: number;
  /** A reader that has not taken a message for so long is cut. */
  readonly stallMs: number;
  readonly clock: Clock;
  /** Milliseconds that never go back. */
  readonly monotonic: () => number;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** A stream that is about to open. */
export interface Opening {
  readonly access: VerifiedAccess;
  readonly held: HeldToken;
  readonly status: QueueStatus;
  /** When `status` was asked for. */
  readonly askedAt: number;
  /** Gives back what `take` took. */
  readonly giveBack: () => void;
}

interface Stream extends Opening {
  readonly reader: Reader;
  beatAt: number;
  ended: boolean;
}

/** Notices of one moment are looked at together. */
const GATHER_MS = 20;
/** How soon a stream whose session has ended is found. */
const SESSIONS_MS = 5000;
const SESSIONS_AT_ONCE = 1000;
/** Those who are sent to other replicas come to them over a second and a millisecond each, so that they take in 1,000 a second at most of one. */
const LEAST_LEAVING_MS = 1000;
const LEAST_SPREAD_MS = 3000;
const LEAVING_AT_ONCE = 200;

/**
 * All streams of this process. One turn a second looks at the places that may have changed, tells what has, and sees to heartbeats, readers that do
 * not read, and access that has expired; a place of which the queue gives notice is looked at there and then. What cannot be looked at is told nothing, and its
 * stream goes on.
 */
export const createHub = (options: HubOptions) => {
  const { checks, notices, sessions, most, mostOfMember, heartbeatMs, stallMs, clock, monotonic, log, metrics } = options;
  const streams = new Set<Stream>();
  const places = createPlaces({ most, mostOfMember });
  const { opened, closed, told, ended } = streamMetrics(metrics);
  const state = { leaving: false, away: false };

  const watches = createWatches<Stream>({ checks, monotonic, changed: (stream, found) => tell(stream, found) });

  const end = (stream: Stream, ending: Ending): void => {
    if (stream.ended) return;
    stream.ended = true;
    ended.inc({ kind: stream.reader.kind, why: ending.why });
    watches.remove(stream, stream.held.token);
    stream.reader.end(ending);
  };
  const cut = (stream: Stream): void => {
    if (!stream.ended) ended.inc({ kind: stream.reader.kind, why: 'stalled' });
    stream.ended = true;
    watches.remove(stream, stream.held.token);
    stream.reader.cut();
  };
  const tell = (stream: Stream, found: Found): void => {
    if (found === 'INVALID') return end(stream, { why: 'refused', code: 'QUEUE_TOKEN_INVALID' });
    told.inc({ kind: stream.reader.kind });
    if (isOver(found)) return end(stream, { why: 'over', status: found });
    stream.reader.tell(found);
    stream.beatAt = monotonic() + heartbeatMs;
  };
  const leave = (stream: Stream, spreadMs: number): void => {
    end(stream, { why: 'leaving', retryMs: Math.round(LEAST_LEAVING_MS + spreadMs * Math.random()) });
  };

  const attend = (stream: Stream, now: number, wallNow: number): void => {
    const { reader, access } = stream;
    if (reader.stalledMs() > stallMs) return cut(stream);
    if (stream.ended) return;
    if (access.expiresAt <= wallNow) return end(stream, { why: 'refused', code: 'UNAUTHENTICATED' });
    if (stream.beatAt > now) return;
    stream.beatAt = now + heartbeatMs;
    if (!reader.beat()) cut(stream);
  };

  let turnAt = -Infinity;
  const turn = async (signal: AbortSignal): Promise<void> => {
    await rest(Math.max(0, turnAt + TURN_MS - monotonic()), undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    turnAt = monotonic();
    const wallNow = clock.now().getTime();
    for (const stream of streams) attend(stream, turnAt, wallNow);
    await watches.look();
    state.away = false;
  };
  const onError = (error: unknown): void => {
    if (!state.away) log.warn({ err: error }, 'the places behind the streams cannot be looked at');
    state.away = true;
  };
  const turns = loop({ name: 'streams', everyMs: 0, turn, onError });

  const heard = createHeard();
  const heardLooks = loop({
    name: 'stream-notices',
    everyMs: TURN_MS,
    turn: async (signal) => {
      if (heard.isEmpty()) return;
      await rest(GATHER_MS, undefined, { signal }).catch(() => {});
      await watches.lookAtTold(heard.take());
    },
    onError,
  });
  notices.on(PLACES_CHANGED, (message) => {
    if (streams.size === 0) return;
    heard.hear(message);
    heardLooks.wake();
  });

  const endSignedOut = async (some: readonly Stream[]): Promise<void> => {
    const out = await sessions.hasEach(some.map(({ access }) => access.sessionId));
    for (const [index, stream] of some.entries()) if (out[index] === true) end(stream, { why: 'refused', code: 'SESSION_ENDED' });
  };
  const sessionLooks = loop({
    name: 'stream-sessions',
    everyMs: SESSIONS_MS,
    turn: async () => {
      const all = [...streams];
      for (let at = 0; at < all.length; at += SESSIONS_AT_ONCE) await endSignedOut(all.slice(at, at + SESSIONS_AT_ONCE));
    },
    onError: (error) => log.debug({ err: error }, 'it cannot be seen which sessions of streams have ended'), // an access token ends by itself
  });

  const leaveAll = async (): Promise<void> => {
    state.leaving = true;
    const all = [...streams];
    const spreadMs = Math.max(LEAST_SPREAD_MS, all.length);
    if (all.length > 0) log.info({ streams: all.length }, 'sending the readers of streams to other replicas');
    for (const [index, stream] of all.entries()) {
      leave(stream, spreadMs);
      if (index % LEAVING_AT_ONCE === LEAVING_AT_ONCE - 1) await breathe();
    }
  };
  const door: Part = {
    name: 'stream-readers',
    start: async () => {},
    drain: () => void leaveAll(),
    stop: async () => {
      for (const stream of streams) stream.reader.cut();
    },
  };

  return {
    /** What runs: to be started and stopped with the service. */
    parts: [turns, heardLooks, sessionLooks, door] as readonly Part[],
    /** A place for one more stream. @returns how to give it back, when it does not open. @throws Refusal OVERLOADED, RATE_LIMITED */
    take: (memberId: string): (() => void) => {
      if (state.leaving) throw new Refusal('OVERLOADED', 'This process is about to end. Open the stream again.', { retryAfterSeconds: 1 });
      return places.take(memberId);
    },
    /** Takes over a stream whose reader has been told nothing yet. @returns to be called once its connection has closed */
    add: (opening: Opening, reader: Reader): (() => void) => {
      const { held, status, askedAt } = opening;
      const stream: Stream = { ...opening, reader, beatAt: monotonic() + heartbeatMs * (0.5 + Math.random() / 2), ended: false };
      streams.add(stream);
      opened(reader.kind);
      told.inc({ kind: reader.kind });
      if (isOver(status)) end(stream, { why: 'over', status });
      else {
        reader.tell(status);
        watches.add(stream, held, status, askedAt);
        if (state.leaving) leave(stream, LEAST_SPREAD_MS);
      }
      return () => {
        streams.delete(stream);
        watches.remove(stream, held.token);
        if (!stream.ended) ended.inc({ kind: reader.kind, why: 'gone' });
        stream.ended = true;
        closed(reader.kind);
        opening.giveBack();
      };
    },
  };
};

export type Hub = ReturnType<typeof createHub>;
