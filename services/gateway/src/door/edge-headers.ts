import type { RequestHandler } from 'express';

/** Said of every answer: it is data, to be neither sniffed, framed, run nor told to other sites. */
const SAFE = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
} as const;

/**
 * The first middleware. Request ids are made here, so that nobody chooses another's: the one that came is gone before `requestContext` would
 * take it. What else may not get in is left out where the headers for the service are made (upstream/request-headers.ts).
 */
export const edgeHeaders: RequestHandler = (req, res, next) => {
  delete req.headers['x-request-id'];
  for (const [name, value] of Object.entries(SAFE)) res.setHeader(name, value);
  next();
};
