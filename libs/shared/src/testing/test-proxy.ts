import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface TestProxy {
  /** The engine's URL, by way of the proxy. */
  readonly url: string;
  /** Connections break, and new ones with them: an engine that is down. */
  cut(): void;
  /** Connections stay, new ones are taken, and nothing passes: an engine that hangs. */
  freeze(): void;
  /** Requests pass, answers do not. */
  mute(): void;
  /** All passes again, and what was held back first. */
  heal(): void;
  stop(): Promise<void>;
}

type Mode = 'open' | 'cut' | 'frozen' | 'muted';

/** A way to an engine that a test can disturb, without disturbing the others who use the engine. */
export const testProxy = async (target: string): Promise<TestProxy> => {
  const url = new URL(target);
  const pairs = new Set<{ readonly near: Socket; readonly far: Socket }>();
  let mode: Mode = 'open';

  const apply = ({ near, far }: { near: Socket; far: Socket }): void => {
    if (mode === 'cut') {
      near.destroy();
      far.destroy();
      return;
    }
    near[mode === 'frozen' ? 'pause' : 'resume']();
    far[mode === 'open' ? 'resume' : 'pause']();
  };
  const change = (to: Mode) => (): void => {
    mode = to;
    pairs.forEach(apply);
  };

  const server = createServer((near) => {
    const far = connect(Number(url.port), url.hostname);
    const pair = { near, far };
    pairs.add(pair);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (bytes) => to.write(bytes));
      from.on('error', () => {});
      from.on('close', () => {
        to.destroy();
        pairs.delete(pair);
      });
    }
    apply(pair);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const way = new URL(target);
  way.hostname = '127.0.0.1';
  way.port = String((server.address() as AddressInfo).port);

  return {
    url: way.href,
    cut: change('cut'),
    freeze: change('frozen'),
    mute: change('muted'),
    heal: change('open'),
    stop: async () => {
      change('cut')();
      server.close();
      await once(server, 'close');
    },
  };
};
