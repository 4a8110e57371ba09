import assert from 'node:assert/strict';
import type { TokenCheckResult } from '@onsale/contracts/queue';
import { eventually } from '@onsale/shared/testing';
import { as, startFleet, type Fleet, type FleetOptions, type SignedIn } from './fleet.ts';
import { openEvents, openSocket, type NotOpened, type OpenEvents, type OpenSocket } from './streams.ts';

export const STREAM = '/api/v1/queues/main/tokens/current/stream';
export const PATH = { sse: STREAM, websocket: `${STREAM}/ws` } as const;
export const KINDS = ['sse', 'websocket'] as const;
export type Kind = (typeof KINDS)[number];

/** The headers of a wish to upgrade to a WebSocket, where no client for them is wanted. */
export const UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

/** What both kinds of stream have in common. */
export interface Stream {
  readonly refused: NotOpened | undefined;
  readonly statuses: () => Record<string, unknown>[];
  readonly isClosed: () => boolean;
  readonly close: () => void;
  readonly events?: OpenEvents;
  readonly socket?: OpenSocket;
}

const openStream = async (kind: Kind, url: string, headers: Record<string, string>): Promise<Stream> => {
  if (kind === 'sse') {
    const events = await openEvents(url, headers);
    return { ...events, events, isClosed: () => events.heard.ended };
  }
  const socket = await openSocket(url, headers);
  return { ...socket, socket, isClosed: () => socket.heard.closed !== undefined };
};

const streamSettings =
  (streams: Partial<Fleet['settings']['streams']>): NonNullable<FleetOptions['settings']> =>
  (settings) => ({ ...settings, streams: { ...settings.streams, ...streams } });

/**
 * What the specs of streams share: a fleet for the whole file (`start`, `stop`), a new member who waits in its queue for each test (`begin`), and
 * an end of whatever a test has opened (`closeStreams`).
 */
export const pushStreams = () => {
  const opened: { close: () => void }[] = [];
  const fleets: Fleet[] = [];
  /** What the tests share: `says` is what the queue tells of everybody, in every fleet, until the test says otherwise. */
  const now = {} as { fleet: Fleet; member: SignedIn; says: TokenCheckResult };

  const fleetWith = async (settings: NonNullable<FleetOptions['settings']>, overrides: FleetOptions['overrides'] = {}): Promise<Fleet> => {
    const made = await startFleet({ settings, overrides });
    made.queueSays(() => now.says);
    fleets.push(made);
    return made;
  };
  /** Has it closed after the test. */
  const closes = <Closable extends { close: () => void }>(one: Closable): Closable => {
    opened.push(one);
    return one;
  };
  /** Asks for a stream, with these headers alone. */
  const open = async (kind: Kind, headers: Record<string, string>, at: Fleet = now.fleet, path: string = PATH[kind]): Promise<Stream> =>
    closes(await openStream(kind, `${at.url}${path}`, headers));
  /** Opens one for a member, and waits for its first status. */
  const opens = async (kind: Kind, at: Fleet = now.fleet, one = now.member, token = at.tokenFor(one)): Promise<Stream> => {
    const stream = await open(kind, as(one, token), at);
    assert.equal(stream.refused, undefined);
    await eventually(() => assert.equal(stream.statuses().length, 1));
    return stream;
  };

  return {
    now,
    start: async (): Promise<void> => {
      now.fleet = await fleetWith((settings) => settings);
    },
    begin: async (): Promise<void> => {
      now.member = await now.fleet.signIn();
      now.says = { status: 'WAITING', position: 7, etaSeconds: 5, pollAfterMs: 1000 };
    },
    closeStreams: (): void => {
      for (const stream of opened.splice(0)) stream.close();
    },
    stop: () => Promise.all(fleets.map((one) => one.stop())),
    /** Another gateway for this test, which ends with the file. */
    fleetWith,
    fleetOf: (streams: Partial<Fleet['settings']['streams']> = {}) => fleetWith(streamSettings(streams)),
    closes,
    open,
    opens,
    /** How often the queue was asked, however many tokens at once. */
    asked: (at: Fleet = now.fleet): number => at.checks().length,
  };
};

/** The sum of a metric's series that say `label`. */
export const metric = async (at: Fleet, name: string, label: string): Promise<number> => {
  const page = await (await fetch(`${at.opsUrl}/metrics`)).text();
  const lines = page.split('\n').filter((line) => line.startsWith(`${name}{`) && line.includes(label));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
};
