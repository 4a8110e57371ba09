import { INTERNAL_HEADERS } from '@onsale/shared/auth';
import type { RequestHandler } from 'express';

/** Said of every answer: it is data, to be neither sniffed, framed, run nor told to other sites. */
const SAFE = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
} as const;

/**
 * The first middleware: nothing that only the fleet may say gets in from outside. `expect` has been met by then (Node answers it), and
 * would bypass the proxy's own hooks; request ids are made here, so that nobody chooses another's.
 */
export const edgeHeaders: RequestHandler = (req, res, next) => {
  for (const name of Object.keys(req.headers)) {
    if (name.startsWith(INTERNAL_HEADERS) || name === 'x-request-id' || name === 'expect') delete req.headers[name];
  }
  for (const [name, value] of Object.entries(SAFE)) res.setHeader(name, value);
  next();
};
