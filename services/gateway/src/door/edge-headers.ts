import type { IncomingMessage, ServerResponse } from 'node:http';

/** Said of every answer: it is data, to be neither sniffed, framed, run nor told to other sites. */
const SAFE = Object.entries({
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
});

/**
 * What is done to every request first. Request ids are made here, so that nobody chooses another's: the one that came is gone before its context would
 * take it. What else may not get in is left out where the headers for the service are made (upstream/request-headers.ts).
 */
export const edgeHeaders = (req: IncomingMessage, res: ServerResponse): void => {
  if (req.headers['x-request-id'] !== undefined) delete req.headers['x-request-id']; // `delete` makes an object slow, also of what is not in it
  for (const [name, value] of SAFE) res.setHeader(name, value);
};
