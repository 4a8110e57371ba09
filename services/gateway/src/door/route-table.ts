import { pathOf, type RouteSpec } from '@onsale/contracts';
import type { ForeignService } from '../foreign/foreign-service.ts';

export interface Entry {
  readonly name: string;
  readonly spec: RouteSpec;
  /** Of a route that is no contract's: who answers it. */
  readonly foreign?: ForeignService;
}

export type Match =
  | { readonly kind: 'found'; readonly entry: Entry; readonly params: Readonly<Record<string, string>>; readonly path: string }
  | { readonly kind: 'wrong-method'; readonly allow: readonly string[] }
  | { readonly kind: 'misspelt'; readonly detail: string }
  | { readonly kind: 'unknown' };

interface Shape extends Entry {
  readonly segments: readonly Segment[];
}

/** A word, or the name of a parameter. */
interface Segment {
  readonly word: string;
  readonly param: string | undefined;
}

interface Node {
  readonly literals: Map<string, Node>;
  any?: Node;
  readonly shapes: Map<string, Shape>;
}

const nodeOf = (): Node => ({ literals: new Map(), shapes: new Map() });
const nameOfParam = (segment: string): string | undefined => /^\{(\w+)\}$/.exec(segment)?.[1];

const segmentsOf = (spec: RouteSpec): Segment[] =>
  pathOf(spec)
    .slice(1)
    .split('/')
    .map((word) => ({ word, param: nameOfParam(word) }));

const childOf = (node: Node, { word, param }: Segment): Node => {
  if (param !== undefined) return (node.any ??= nodeOf());
  const known = node.literals.get(word);
  if (known !== undefined) return known;
  const made = nodeOf();
  node.literals.set(word, made);
  return made;
};

const add = (root: Node, shape: Shape): void => {
  let node = root;
  for (const segment of shape.segments) node = childOf(node, segment);
  const other = node.shapes.get(shape.spec.method);
  if (other !== undefined) throw new Error(`${other.name} and ${shape.name} are the same to a router`);
  node.shapes.set(shape.spec.method, shape);
};

/** The node of a path: words before parameters. A parameter is never empty, nor a step through a directory. */
const find = (node: Node, segments: readonly string[], at: number): Node | undefined => {
  const segment = segments[at];
  if (segment === undefined) return node.shapes.size > 0 ? node : undefined;
  const word = node.literals.get(segment);
  const found = word === undefined ? undefined : find(word, segments, at + 1);
  if (found !== undefined || node.any === undefined || segment === '' || segment === '.' || segment === '..') return found;
  return find(node.any, segments, at + 1);
};

const decoded = (segment: string): string | undefined => {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
};

const foundOf = ({ name, spec, segments }: Shape, given: readonly string[]): Match => {
  const params: Record<string, string> = {};
  const canonical: string[] = [];
  for (let index = 0; index < segments.length; index += 1) {
    const { word, param } = segments[index]!;
    if (param === undefined) {
      canonical.push(word);
      continue;
    }
    const value = decoded(given[index]!);
    if (value === undefined || value === '.' || value === '..') return { kind: 'unknown' };
    params[param] = value;
    canonical.push(encodeURIComponent(value));
  }
  return { kind: 'found', entry: { name, spec }, params, path: `/${canonical.join('/')}` };
};

/** A GET route answers HEAD too. */
const allowOf = (node: Node): string[] => [...node.shapes.keys()].flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));

/**
 * The public routes of the contracts, found by method and path. `path` of a match is made anew from the contract and the decoded parameters:
 * what the owner sees is the route that was checked here, however the client spelt it. Routes between services are not in the table.
 * @throws Error when two routes cannot be told apart
 */
export const createRouteTable = (routes: Readonly<Record<string, RouteSpec>>) => {
  const root = nodeOf();
  const entries: Entry[] = [];
  for (const [name, spec] of Object.entries(routes)) {
    if (spec.auth === 'gateway') continue;
    entries.push({ name, spec });
    add(root, { name, spec, segments: segmentsOf(spec) });
  }
  return {
    entries: entries as readonly Entry[],
    match: (method: string, path: string): Match => {
      const given = path.slice(1).split('/');
      const node = path.startsWith('/') ? find(root, given, 0) : undefined;
      if (node === undefined) return { kind: 'unknown' };
      const shape = node.shapes.get(method === 'HEAD' ? 'GET' : method);
      return shape === undefined ? { kind: 'wrong-method', allow: allowOf(node) } : foundOf(shape, given);
    },
  };
};

export type RouteTable = Pick<ReturnType<typeof createRouteTable>, 'match'>;

/** One table after another: what the first does not know, the next may. */
export const inTurn = (first: RouteTable, next: RouteTable): RouteTable => ({
  match: (method, path) => {
    const match = first.match(method, path);
    return match.kind === 'unknown' ? next.match(method, path) : match;
  },
});
