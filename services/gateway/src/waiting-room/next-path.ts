/** Longer than any path of a shop. */
const MOST_CHARACTERS = 1000;
/** Stands for whatever host we are called by; reserved, so that nothing is ever there (RFC 2606). */
const HERE = 'http://here.invalid';

/**
 * Where a visitor goes on to: a path of this origin as it was given, or `undefined` for what is missing, too long, or would lead to another host in any
 * browser's reading (`//host`, `/\host`, `/<tab>/host`, `/.//host`, `https:host`).
 */
export const nextPathOf = (given: unknown): string | undefined => {
  if (typeof given !== 'string' || !given.startsWith('/') || given.length > MOST_CHARACTERS || !URL.canParse(given, HERE)) return undefined;
  const { origin, pathname, search, hash } = new URL(given, HERE);
  return origin === HERE && !pathname.startsWith('//') ? `${pathname}${search}${hash}` : undefined;
};
