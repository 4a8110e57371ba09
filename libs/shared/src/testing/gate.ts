export interface Gate {
  readonly open: () => void;
  readonly opened: Promise<void>;
}

/** Somewhere to wait until the test says so. */
export const gate = (): Gate => {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { open: resolve, opened: promise };
};
