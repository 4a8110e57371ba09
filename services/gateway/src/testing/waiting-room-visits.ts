import type { OutgoingHttpHeaders } from 'node:http';
import type { TokenCheckResult } from '@onsale/contracts/queue';
import type { Answered } from './caller.ts';
import { cookie, PLAIN_NAMES, setCookies } from './cookies.ts';
import { startFleet, type Fleet, type SignedIn } from './fleet.ts';
import { json } from './stand-in.ts';

const [ACCESS, , QUEUE] = PLAIN_NAMES;

interface Said {
  readonly status: number;
  readonly body: object;
  readonly headers?: Record<string, string>;
}

/**
 * What the specs of the waiting room share: a gateway without HTTPS and a member for the whole file (`start`, `stop`), a clock that a test may
 * put forward, and what the services say by method and path, which `begin` sets back for each test.
 */
export const waitingRoomVisits = () => {
  const now = {} as { fleet: Fleet; member: SignedIn };
  const clock = { now: () => new Date(Date.now() + clock.aheadMs), aheadMs: 0 };
  const says = new Map<string, Said>();

  const start = async (): Promise<void> => {
    now.fleet = await startFleet({ settings: (settings) => ({ ...settings, secureCookies: false }), overrides: { clock } });
    now.member = await now.fleet.signIn();
    for (const service of [now.fleet.queue, now.fleet.commerce]) {
      const before = service.answering();
      service.answers((seen, res, req) => {
        const said = says.get(`${seen.method} ${seen.url}`);
        if (said === undefined) before(seen, res, req);
        else json(res, said.status, said.body, said.headers);
      });
    }
  };

  let queues = 0;
  /** A queue that no test has looked at before: what is told of it is kept for a second. */
  const newQueue = (more: object = {}): string => {
    const queueId = `q${++queues}`;
    const sale = { id: queueId, state: 'OPEN', waiting: 3, admitted: 1, ...more };
    says.set(`GET /api/v1/queues/${queueId}`, { status: 200, body: sale });
    return queueId;
  };

  const look = (path: string, headers: OutgoingHttpHeaders = {}): Promise<Answered> => now.fleet.call('GET', path, { headers });
  /** What the member's browser sends along, with a number of this queue where one is named. */
  const signedIn = (queueId?: string): OutgoingHttpHeaders => ({
    cookie: cookie({
      [ACCESS]: now.member.accessToken,
      ...(queueId === undefined ? {} : { [`${QUEUE}${queueId}`]: now.fleet.tokenFor(now.member, queueId) }),
    }),
  });

  return {
    now,
    clock,
    says,
    start,
    begin: (): void => {
      clock.aheadMs = 0;
      says.clear();
    },
    stop: () => now.fleet?.stop(),
    newQueue,
    look,
    signedIn,
    /** The page as the member sees it who holds a number of a new queue, of which the queue says this. */
    place: async (result: TokenCheckResult, { search = '', more = {} }: { search?: string; more?: object } = {}) => {
      const queueId = newQueue(more);
      now.fleet.queueSays(() => result);
      return { queueId, answer: await look(`/waiting-room/${queueId}${search}`, signedIn(queueId)) };
    },
    /** Sends a form of ours. */
    post: (path: string, fields: Record<string, string>, headers: OutgoingHttpHeaders = {}): Promise<Answered> =>
      now.fleet.call('POST', path, {
        headers: { origin: now.fleet.url, 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: new URLSearchParams(fields).toString(),
      }),
  };
};

/** The heading of a page. */
export const headingOf = ({ text }: Answered): string | undefined => /<h1[^>]*>([^<]*)<\/h1>/.exec(text)?.[1];

/** The cookies that an answer sets, without what is said of them. */
export const cookiesOf = (answer: Answered): string[] => setCookies(answer).map((one) => one.split(';', 1)[0]!);
