import { parseArgs } from 'node:util';
import { CannotGoOn } from '../engines/engines.ts';
import { mostReplicas, type Replicas, serviceNames } from '../fleet/services.ts';

export interface StartOptions {
  /** Where the gateway listens. */
  host: string;
  replicas: Replicas;
  /** What is sold to simulated members once the shop is open, if anything. */
  demo?: DemoName;
}

export const demoNames = ['seats', 'shop'] as const;
export type DemoName = (typeof demoNames)[number];

export const startUsage = `usage: npm start -- [--replicas service=N]... [--host ADDRESS] [--demo [shop]]
  --replicas service=N   runs N processes of a service (${serviceNames.join(', ')}; at most ${mostReplicas})
  --host ADDRESS         where the gateway listens; 127.0.0.1 unless said here
  --demo                 sells a concert of 50 seats to 300 simulated members, then stays open
  --demo shop            sells 50 prints, and gives out 30 coupons, to as many`;

export function asksForHelp(args: string[]): boolean {
  return args.includes('--help') || args.includes('-h');
}

/** @throws CannotGoOn with the usage when the arguments are not understood */
export function parseStartOptions(args: string[]): StartOptions {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        replicas: { type: 'string', multiple: true, default: [] },
        host: { type: 'string', default: '127.0.0.1' },
        demo: { type: 'boolean', default: false },
      },
    });
    const demo = parseDemo(values.demo, positionals);
    return { host: values.host, replicas: Object.fromEntries(values.replicas.map(parseReplicas)), ...(demo !== undefined && { demo }) };
  } catch (error) {
    throw new CannotGoOn(`${(error as Error).message}\n${startUsage}`);
  }
}

/** `--demo` alone sells seats. */
function parseDemo(isWanted: boolean, [name, ...rest]: string[]): DemoName | undefined {
  const known = demoNames.find((demo) => demo === (name ?? 'seats'));
  if ((name !== undefined && !isWanted) || known === undefined || rest.length > 0)
    throw new RangeError(`${[name, ...rest].join(' ')} is not understood`);
  return isWanted ? known : undefined;
}

function parseReplicas(text: string): [string, number] {
  const [, service, count] = /^([a-z]+)=(\d{1,2})$/.exec(text) ?? [];
  const known = serviceNames.find((name) => name === service);
  if (known === undefined || Number(count) < 1 || Number(count) > mostReplicas)
    throw new RangeError(`--replicas ${text} is not understood`);
  return [known, Number(count)];
}
