import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { newId } from '@onsale/shared/ids';

/** One request as the shop saw it; `times` counts those of this method, path and key, this one too. */
export interface Seen {
  readonly what: string;
  readonly key: string | undefined;
  readonly times: number;
}

/**
 * What goes wrong with a request: it never arrives, its effect is there but the answer is lost, it is refused with a problem, or done with another body.
 * `undefined`: nothing.
 */
export type Fault =
  | 'request lost'
  | 'answer lost'
  | { readonly status: number; readonly code: string; readonly retryAfter?: number }
  | undefined;

export interface StubShopOptions {
  readonly seats?: number;
  /** Polls of the status until a member is admitted. */
  readonly polls?: number;
  readonly fault?: (seen: Seen) => Fault;
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

const NOW = '2030-01-01T00:00:00.000Z';
const problem = (status: number, code: string): Answer => ({ status, body: { code, instance: `urn:uuid:${newId()}` } });

/** What the gateway of a shop with one line and one row of seats answers to one member, with the faults that a spec wants, on a port of its own. */
export const startStubShop = async ({ seats: count = 2, polls = 0, fault = () => undefined }: StubShopOptions = {}) => {
  const seen: Seen[] = [];
  const seats = Array.from({ length: count }, (_, n) => ({ id: String(n + 1), status: 'AVAILABLE' }));
  const reservations: { id: string; scheduleId: string; status: string; amount: number; seats: { id: string }[] }[] = [];
  const payments: { id: string; reservationId: string; status: string; amount: number }[] = [];
  const entries: { id: string; type: string; amount: number }[] = [];
  const kept = new Map<string, Answer>();
  let place: { number: number; status: string; polled: number } | undefined;

  const standing = () => ({
    queueId: 'q',
    number: place!.number,
    status: place!.status,
    lane: 'standard',
    token: 'a-token',
    pollAfterMs: 1,
  });

  const hold = ({ scheduleId, seatIds }: { scheduleId: string; seatIds: string[] }): Answer => {
    const wanted = seats.filter(({ id }) => seatIds.includes(id));
    if (wanted.some(({ status }) => status !== 'AVAILABLE')) return problem(409, 'SEAT_TAKEN');
    for (const seat of wanted) seat.status = 'HELD';
    const reservation = { id: newId(), scheduleId, status: 'HELD', amount: 2_000, seats: wanted.map(({ id }) => ({ id })) };
    reservations.unshift(reservation);
    return { status: 201, body: reservation };
  };
  const pay = ({ reservationId }: { reservationId: string }): Answer => {
    const payment = { id: newId(), reservationId, status: 'COMPLETED', amount: 2_000, createdAt: NOW };
    payments.unshift(payment);
    return { status: 201, body: payment };
  };
  const charge = ({ amount }: { amount: number }): Answer => {
    const entry = { id: newId(), type: 'CHARGE', amount, balanceAfter: amount, reference: newId(), createdAt: NOW };
    entries.unshift(entry);
    return { status: 201, body: entry };
  };
  const enter = (): Answer => {
    const status = place === undefined ? 201 : 200;
    place ??= { number: 7, status: polls === 0 ? 'ADMITTED' : 'WAITING', polled: 0 };
    return { status, body: standing() };
  };
  const look = (): Answer => {
    place!.polled += 1;
    if (place!.status === 'WAITING' && place!.polled >= polls) place!.status = 'ADMITTED';
    return { status: 200, body: standing() };
  };
  const end = (one: { status: string } | undefined, status: string): Answer => {
    if (one === undefined) return problem(404, 'NOT_FOUND');
    one.status = status;
    return { status: 204 };
  };

  const doors: Record<string, (body: never, id: string) => Answer> = {
    'POST /queues/q/tokens': enter,
    'GET /queues/q/tokens/current': look,
    'DELETE /queues/q/tokens/current': () => end(place, 'LEFT'),
    'GET /schedules/:id/seats': () => ({ status: 200, body: { scheduleId: 's', version: '1', seats } }),
    'POST /reservations': hold,
    'GET /reservations/:id': (_body, id) => ({ status: 200, body: reservations.find((one) => one.id === id) }),
    'DELETE /reservations/:id': (_body, id) => end(reservations.find((one) => one.id === id), 'RELEASED'), // prettier-ignore
    'GET /members/me/reservations': () => ({ status: 200, body: { items: reservations } }),
    'POST /members/me/wallet/charges': charge,
    'GET /members/me/wallet/entries': () => ({ status: 200, body: { items: entries } }),
    'POST /payments': pay,
    'GET /payments/:id': (_body, id) => ({ status: 200, body: payments.find((one) => one.id === id) }),
    'GET /members/me/payments': () => ({ status: 200, body: { items: payments } }),
  };

  const work = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const body = JSON.parse((await text(req)) || '{}') as never;
    const path = req.url!.replace(/^\/api\/v1/, '').replace(/\?.*$/, '');
    const [, id = ''] = /^\/(?:reservations|payments|schedules)\/([^/]+)/.exec(path) ?? [];
    const what = `${req.method} ${id === '' ? path : path.replace(id, ':id')}`;
    const key = req.headers['idempotency-key'] as string | undefined;
    const request = { what, key, times: 1 + seen.filter((one) => one.what === what && one.key === key).length };
    seen.push(request);
    const wrong = fault(request);
    if (wrong === 'request lost') return void req.socket.destroy();
    if (typeof wrong === 'object') {
      const headers = wrong.retryAfter === undefined ? {} : { 'retry-after': String(wrong.retryAfter) };
      return void res.writeHead(wrong.status, headers).end(JSON.stringify(problem(wrong.status, wrong.code).body));
    }
    const answer = (key === undefined ? undefined : kept.get(key)) ?? doors[what]!(body, id);
    if (key !== undefined && answer.status < 300) kept.set(key, answer);
    if (wrong === 'answer lost') return void req.socket.destroy();
    res
      .writeHead(answer.status, { 'content-type': 'application/json' })
      .end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
  };

  const server = createServer((req, res) => void work(req, res));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** In the order in which they came. */
    seen,
    requestsOf: (what: string): Seen[] => seen.filter((one) => one.what === what),
    seats,
    reservations,
    payments,
    entries,
    /** Where the member stands in the line. */
    placeStatus: () => place?.status,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

export type StubShop = Awaited<ReturnType<typeof startStubShop>>;
