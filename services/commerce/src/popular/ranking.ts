import { readFileSync } from 'node:fs';
import { createScript, reignLua, type Redis, type Script } from '@onsale/shared/redis';

/** So many of a product were sold. */
export interface Sold {
  readonly productId: string;
  readonly quantity: number;
}

/** What was sold of a product in an hour. */
export interface SoldInHour extends Sold {
  readonly hour: number;
}

/** What was told of an order: it was paid, or a paid one was cancelled. Each is told once, however often it is heard. */
export interface Fact {
  readonly kind: 'completed' | 'cancelled';
  readonly orderId: string;
  /** The hour in which it was paid. */
  readonly hour: number;
  /** When that happened of which this tells. */
  readonly at: Date;
  readonly items: readonly Sold[];
}

export type Reading =
  | { readonly is: 'lost' }
  | { readonly is: 'behind' }
  /** Most first, those alike by id from the highest; `from` is the first hour that counts. */
  | { readonly is: 'read'; readonly from: number; readonly sold: readonly Sold[] };

export interface Figures {
  /** Absent while there is none. */
  readonly built?: { readonly at: Date; readonly from: number; readonly products: number };
  readonly isBuilding: boolean;
}

/** A rebuild whose builder is silent for longer is over: longer than any of its statements may take. */
const SILENT_MS = 30_000;
/** Sums of one load, facts of one recount, products of one step of `roll`: each a few milliseconds of Redis. */
const AT_ONCE = { sums: 1_000, facts: 200, products: 1_000 };

const factArgs = ({ kind, orderId, hour, at, items }: Fact): (string | number)[] => [
  `${kind}:${orderId}`,
  hour,
  at.getTime(),
  kind === 'completed' ? 1 : -1,
  items.length,
  ...items.flatMap(({ productId, quantity }) => [productId, quantity]),
];

const inPieces = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size));

const soldOf = (flat: readonly string[]): Sold[] =>
  inPieces(flat, 2).map(([productId, quantity]) => ({ productId: productId!, quantity: Number(quantity) }));

const scriptsOf = (redis: Redis) => {
  const source = (name: string): string => readFileSync(new URL(`./${name}.lua`, import.meta.url), 'utf8');
  const prelude = reignLua + source('prelude');
  const script = (name: string): Script => createScript({ redis, lua: prelude + source(name) });
  return {
    count: script('count'),
    read: script('read'),
    roll: script('roll'),
    begin: script('begin'),
    load: script('load'),
    recount: script('recount'),
    finish: script('finish'),
    figures: script('figures'),
  };
};

/**
 * What was sold of each product in the last three days, in Redis: sums, and by the hour what they are made of, so that hours can leave them. It is made
 * from the database by a rebuild, and followed by facts. Every function throws what Redis throws.
 */
export const createRanking = ({ redis, namespace }: { redis: Redis; namespace: string }) => {
  const scripts = scriptsOf(redis);
  const keys = [`${namespace}:{popular}`];
  const isDone = async (answer: Promise<unknown>): Promise<boolean> => (await answer) === 1;

  return {
    /** Counts a fact once, in what is read and in what is being built; in nothing where neither is there: the rebuild that comes will find it. */
    count: async (fact: Fact): Promise<void> => void (await scripts.count(keys, factArgs(fact))),

    read: async ({ from, skip, limit }: { from: number; skip: number; limit: number }): Promise<Reading> => {
      const [is, first, sold] = (await scripts.read(keys, [from, skip, limit])) as [Reading['is'], string, string[]];
      return is === 'read' ? { is, from: Number(first), sold: soldOf(sold) } : { is };
    },

    /** Takes hours before `from` out of the sums, in steps. */
    roll: async (from: number): Promise<void> => {
      while (!(await isDone(scripts.roll(keys, [from, AT_ONCE.products]))));
    },

    /** Begins a generation, which counts every fact at or after `floor` from now on. False when somebody else builds one. */
    begin: (generation: string, { from, floor }: { from: number; floor: Date }): Promise<boolean> =>
      isDone(scripts.begin(keys, [generation, from, floor.getTime(), SILENT_MS])),

    /** Adds what was sold before its `floor`. False when the generation is built no more: Redis has lost it, or somebody took it for dead. */
    load: async (generation: string, sums: readonly SoldInHour[]): Promise<boolean> => {
      for (const piece of inPieces(sums, AT_ONCE.sums)) {
        const args = piece.flatMap(({ hour, productId, quantity }) => [hour, productId, quantity]);
        if (!(await isDone(scripts.load(keys, [generation, SILENT_MS, ...args])))) return false;
      }
      return true;
    },

    /** Counts facts in this generation alone, those that it has heard already not again. False as `load`. */
    recount: async (generation: string, facts: readonly Fact[]): Promise<boolean> => {
      for (const piece of inPieces(facts, AT_ONCE.facts)) {
        if (!(await isDone(scripts.recount(keys, [generation, SILENT_MS, ...piece.flatMap(factArgs)])))) return false;
      }
      return true;
    },

    /** The generation is what is read from now on. False as `load`. */
    finish: (generation: string, at: Date): Promise<boolean> => isDone(scripts.finish(keys, [generation, at.toISOString()])),

    figures: async (): Promise<Figures> => {
      const [at, from, products, building] = (await scripts.figures(keys, [])) as [string, string, number, number];
      const isBuilding = building === 1;
      return at === '' ? { isBuilding } : { built: { at: new Date(at), from: Number(from), products }, isBuilding };
    },
  };
};

export type Ranking = ReturnType<typeof createRanking>;
