/** `Prefer: wait` of at most 10 s, 3 s where the client does not say. */
export const DEFAULT_WAIT_MS = 3000;
export const MAX_WAIT_MS = 10_000;

/** Milliseconds of `Prefer: wait=N` (RFC 7240); what cannot be read is ignored, as that RFC asks. */
export const waitOf = (prefer: string | undefined): number => {
  const seconds = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})"?(?=$|[,;\s])/i.exec(prefer ?? '')?.[1];
  return seconds === undefined ? DEFAULT_WAIT_MS : Math.min(Number(seconds) * 1000, MAX_WAIT_MS);
};
