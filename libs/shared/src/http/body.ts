import type { IncomingMessage } from 'node:http';
import express, { type Request, type RequestHandler, type Response } from 'express';
import type { RouteSpec } from '@onsale/contracts';
import { Refusal } from '../errors/index.ts';
import { malformed } from './validate.ts';

/** 64 KiB: many times the largest body of a route that does not say otherwise. */
export const DEFAULT_MAX_BODY_BYTES = 65_536;

/** Whether the request announces a body. */
export const hasBody = (req: IncomingMessage): boolean =>
  req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;

const refusalOfParser = (error: unknown): unknown => {
  const { type, status } = Object(error) as { type?: string; status?: number };
  if (type === 'entity.too.large') return new Refusal('PAYLOAD_TOO_LARGE', 'The body is larger than this route takes.');
  if (status === 415) return new Refusal('UNSUPPORTED_MEDIA_TYPE', 'The body is encoded in a way that is not understood here.');
  if (status === 400) return malformed('The body is not JSON, or ended early.', [{ pointer: '/body', detail: 'must be JSON' }], error);
  return error;
};

const run = (parser: RequestHandler, req: Request, res: Response): Promise<void> =>
  new Promise((resolve, reject) => {
    parser(req, res, (error?: unknown) => (error === undefined ? resolve() : reject(refusalOfParser(error))));
  });

/** Reads the JSON body of a route that declares one; refuses a body where none is declared. `undefined` where none was sent. */
export const bodyReader = (route: RouteSpec): ((req: Request, res: Response) => Promise<unknown>) => {
  if (route.body === undefined) {
    return async (req) => {
      if (hasBody(req)) throw malformed('This route takes no body.', [{ pointer: '/body', detail: 'must be absent' }]);
      return undefined;
    };
  }
  const parser = express.json({ limit: route.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES, strict: false, type: () => true });
  return async (req, res) => {
    if (!hasBody(req)) return undefined;
    if (!req.is('application/json')) throw new Refusal('UNSUPPORTED_MEDIA_TYPE', 'Send the body as application/json.');
    await run(parser, req, res);
    return req.body as unknown;
  };
};
