import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import type { ForeignRoute } from '../foreign/foreign-routes-file.ts';
import type { Answered } from './caller.ts';
import { as, startFleet, type Fleet, type SignedIn } from './fleet.ts';
import { deadAddress, json, startStandIn, type Seen, type StandIn } from './stand-in.ts';

/** Keeps the first byte that each connection says, and hangs up, with an answer that is none. */
const startListener = async () => {
  const first: number[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (bytes) => {
      first.push(bytes[0]!);
      socket.end('HTTP/1.1 099 Odd\r\ncontent-length: 0\r\n\r\n');
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { first, url: new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}`), stop: () => server.close() };
};
type Listener = Awaited<ReturnType<typeof startListener>>;

const routesOf = (shop: StandIn, tls: Listener): ForeignRoute[] => {
  const route = (prefix: string, rest: Partial<ForeignRoute>): ForeignRoute => ({
    prefix,
    exact: false,
    origins: [shop.url],
    gate: 'none',
    queueId: undefined,
    auth: 'none',
    maxBodyBytes: 1000,
    pass: [],
    ...rest,
  });
  return [
    route('/shop', { gate: 'admitted', queueId: 'drop', auth: 'member' }),
    route('/shop/assets', {}),
    route('/me', { auth: 'member', pass: ['authorization', 'cookie'] }),
    route('/away', { origins: [deadAddress] }),
    route('/tls', { origins: [tls.url] }),
    route('/odd', { origins: [new URL(`http://${tls.url.host}`)] }),
  ];
};

/**
 * What the specs of foreign services share: a gateway before a shop that is none of ours, and a member (`start`, `stop`). With `begin` the shop
 * has seen nothing, and all who hold a number are admitted.
 */
export const foreignShop = () => {
  const now = {} as { fleet: Fleet; shop: StandIn; member: SignedIn; tls: Listener };
  return {
    now,
    start: async (): Promise<void> => {
      now.shop = await startStandIn();
      now.tls = await startListener();
      now.fleet = await startFleet({ settings: (settings) => ({ ...settings, foreignRoutes: routesOf(now.shop, now.tls) }) });
      now.member = await now.fleet.signIn();
    },
    begin: (): void => {
      now.shop.seen.length = 0;
      now.shop.answers((_seen, res) => json(res, 200, { by: 'shop' }));
      now.fleet.queueSays(() => ({ status: 'ADMITTED', remainingMs: 60_000 }));
    },
    stop: async (): Promise<void> => {
      await now.fleet?.stop();
      await now.shop?.stop();
      now.tls?.stop();
    },
    /** The headers of a member who holds a number of the shop's queue. */
    inLine: () => as(now.member, now.fleet.tokenFor(now.member, 'drop')),
    /** What the shop was asked last. */
    last: (): Seen => now.shop.seen.at(-1)!,
  };
};

/** An answer in short: its status, and the code of its problem. */
export const codeOf = ({ status, json: body }: Pick<Answered, 'status' | 'json'>): string =>
  `${status} ${(body?.['code'] as string | undefined) ?? ''}`.trim();
