// A process of its own: node's http server and server-sent events and nothing else, what pushing cannot be cheaper than.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const responses = new Set<ServerResponse>();
const eventOf = (): string =>
  `event: status\ndata: ${JSON.stringify({ queueId: 'night-01890a5d', number: 1_234_567_890, lane: 'standard', status: 'WAITING', position: 4321, etaSeconds: 43, pollAfterMs: 4300, state: 'OPEN', toldAt: Date.now() })}\n\n`;

const server = createServer((_req, res) => {
  res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
  res.write(eventOf());
  responses.add(res);
  res.once('close', () => responses.delete(res));
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('message', (perSecond: number) => {
  // so many a second, each second all at once, to one after the other
  let next = 0;
  const round = (): void => {
    const all = [...responses];
    for (let n = 0; n < perSecond; n += 1) all[next++ % all.length]?.write(eventOf());
  };
  clearInterval(timer);
  timer = perSecond === 0 ? undefined : setInterval(round, 1000);
});
let timer: NodeJS.Timeout | undefined;
process.once('SIGTERM', () => process.exit(0));
process.once('disconnect', () => process.exit(0));
