import { CannotGoOn } from '../engines/engines.ts';
import { mostReplicas } from '../fleet/services.ts';

export interface TestOptions {
  /** Processes of every service in the fleets of specs that do not say it themselves. */
  replicas: number;
  /** The rest is jest's. */
  jest: string[];
}

const option = '--replicas';

/** Takes `--replicas N` out of the arguments. @throws CannotGoOn when N is not to be had */
export function parseTestOptions(args: readonly string[]): TestOptions {
  const at = args.findIndex((arg) => arg === option || arg.startsWith(`${option}=`));
  if (at === -1) return { replicas: 1, jest: [...args] };
  const given = args[at] as string;
  const [text, length] = given === option ? [args[at + 1], 2] : [given.slice(option.length + 1), 1];
  const replicas = Number(text);
  if (!Number.isInteger(replicas) || replicas < 1 || replicas > mostReplicas)
    throw new CannotGoOn(`${option} ${text ?? ''} is not understood: a number of processes of every service, 1 to ${mostReplicas}`);
  return { replicas, jest: args.toSpliced(at, length) };
}
