/** RFC 3986, 3.3: what a segment may be made of. */
const SEGMENT = /^(?:[\w.~!$&'()*+,;=:@-]|%[\da-f]{2})*$/i;
const SEARCH = /^[\x21\x24-\x7e]*$/; // without # and "
/** A slash of either kind, a control character, or what would be decoded once more. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const HIDDEN = /[/\\\u0000-\u001f\u007f]|%[\da-f]{2}/i;
/** A step through folders, with what servers cut off behind it (`..;x`, `.. `). */
const STEP = /^[. ]*(?:;|$)/;

const decoded = (segment: string): string | undefined => {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
};

const isPlain = (segment: string): boolean => {
  if (!SEGMENT.test(segment)) return false;
  const text = decoded(segment);
  if (text === undefined) return false;
  return [text, text.normalize('NFKC')].every((shown) => !HIDDEN.test(shown) && !STEP.test(shown));
};

/**
 * What is wrong with how a path is spelt, for a path that another server will read: everything that two servers could read differently is
 * refused rather than mended (empty and dot segments, encoded slashes, encodings of encodings, broken UTF-8). A slash at the end is plain.
 */
export const spellingFault = (path: string): string | undefined => {
  const segments = path.slice(1).split('/');
  const whole = segments.at(-1) === '' ? segments.slice(0, -1) : segments;
  return whole.every(isPlain)
    ? undefined
    : 'must be spelt plainly: no empty or dot segments, no encoded slashes, each character encoded once';
};

/** The same of a query, `?` and all. */
export const searchFault = (search: string): string | undefined =>
  SEARCH.test(search) ? undefined : 'must be visible ASCII, without # and "';
