import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

interface Named<L extends string> {
  readonly name: `onsale_${string}`;
  readonly help: string;
  readonly labels?: readonly L[];
}

/** Seconds, from a cache hit to the longest wait that a client is told to expect. */
const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** One registry a process; a metric asked for twice is the same one, so that parts can be made more than once. */
export const createMetrics = ({ service, defaults = true }: { service: string; defaults?: boolean }) => {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  if (defaults) collectDefaultMetrics({ register: registry });
  const once = <M>(name: string, make: () => M): M => (registry.getSingleMetric(name) as M | undefined) ?? make();
  return {
    registry,
    counter: <L extends string = never>({ name, help, labels = [] }: Named<L>) =>
      once(name, () => new Counter<L>({ name, help, labelNames: labels, registers: [registry] })),
    /** With `value` it is asked when somebody reads the metrics, and costs nothing until then. */
    gauge: <L extends string = never>({ name, help, labels = [], value }: Named<L> & { value?: () => number }) =>
      once(
        name,
        () =>
          new Gauge<L>({
            name,
            help,
            labelNames: labels,
            registers: [registry],
            ...(value !== undefined && {
              collect() {
                this.set(value());
              },
            }),
          }),
      ),
    histogram: <L extends string = never>({ name, help, labels = [], buckets = LATENCY_BUCKETS }: Named<L> & { buckets?: number[] }) =>
      once(name, () => new Histogram<L>({ name, help, labelNames: labels, buckets, registers: [registry] })),
  };
};

export type Metrics = ReturnType<typeof createMetrics>;
