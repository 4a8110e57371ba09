/**
 * A service that drains closes each connection behind its answer: whoever does not ask it any more cannot meet it as it closes those that are idle, when a
 * request would be lost on the way.
 */
export const isLeaving = ({ connection }: { readonly connection?: string | string[] | undefined }): boolean => connection === 'close';

/** How long a replica that could not be reached, or is leaving, is passed over. */
const DOWN_MS = 2000;

interface ReplicasOptions {
  readonly urls: readonly URL[];
  /** Milliseconds that never go back. */
  readonly monotonic: () => number;
}

/** The replicas of a service, taken in turn; one that could not be reached, or is leaving, is passed over for 2 s while another is there. */
export const createReplicas = ({ urls, monotonic }: ReplicasOptions) => {
  const downUntil = new Map<URL, number>();
  let turn = 0;
  const isUp = (url: URL): boolean => (downUntil.get(url) ?? 0) <= monotonic();
  const inTurn = (): URL[] => {
    turn = (turn + 1) % urls.length;
    return urls.map((_url, index) => urls[(turn + index) % urls.length]!);
  };
  return {
    /** Whether there is another one to ask. */
    several: urls.length > 1,
    next: (): URL => {
      const order = inTurn();
      return order.find(isUp) ?? order[0]!;
    },
    /** Another one than the one that just failed, if there is one. */
    other: (than: URL): URL | undefined => {
      const order = inTurn().filter((url) => url !== than);
      return order.find(isUp) ?? order[0];
    },
    down: (url: URL): void => {
      downUntil.set(url, monotonic() + DOWN_MS);
    },
  };
};

export type Replicas = ReturnType<typeof createReplicas>;
