import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A line to an engine that can be cut and mended: how specs make Redis go away without stopping it for others. */
export const cuttableLine = async (url: string) => {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let whole = true;
  const server = createServer((near) => {
    if (!whole) {
      near.destroy();
      return;
    }
    const far = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const line = new URL(url);
  line.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cut = (): void => {
    whole = false;
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: line.href,
    cut,
    mend: (): void => {
      whole = true;
    },
    close: async (): Promise<void> => {
      cut();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
};
