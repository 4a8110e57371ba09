import { signIn } from '@onsale/contracts/commerce';
import type { Request, Response } from 'express';
import type { CredentialsReader } from '../identity/credentials.ts';
import type { Answer } from './answers.ts';
import { fieldsOf, type Fields } from './form-fields.ts';
import type { createForms } from './forms.ts';
import type { Look } from './look.ts';
import { nextPathOf } from './next-path.ts';
import { RENEWAL_PATH, type createRenewal } from './renewal.ts';
import type { Visit } from './visit.ts';
import type { Visitors } from './visitor.ts';

export interface PageRoutesOptions {
  readonly credentials: Pick<CredentialsReader, 'assertOrigin'>;
  readonly visitors: Visitors;
  readonly look: Look;
  readonly forms: ReturnType<typeof createForms>;
  readonly renewal: ReturnType<typeof createRenewal>;
}

type Act = (visit: Visit, req: Request, res: Response) => Promise<Answer>;

export interface PageRoute {
  readonly method: 'GET' | 'POST';
  /** Its one group is the queue's id. */
  readonly path: RegExp;
  /** For logs and metrics. */
  readonly name: string;
  readonly act: Act;
}

export const PAGES_PATH = '/waiting-room/';

/** The addresses of the waiting room: the page, its two forms, and the way round by which a session is renewed. */
export const pageRoutes = ({ credentials, visitors, look, forms, renewal }: PageRoutesOptions): readonly PageRoute[] => {
  /** A form says with its fields where to go on to. Another site's page may not send it, with cookies or without. */
  const posted =
    (act: (visit: Visit, fields: Fields, req: Request, res: Response) => Promise<Answer>): Act =>
    async (visit, req, res) => {
      credentials.assertOrigin(req.headers);
      const fields = await fieldsOf(req, res);
      return act({ ...visit, next: nextPathOf(fields['next']) }, fields, req, res);
    };

  return [
    {
      method: 'GET',
      path: /^\/waiting-room\/([^/]+)$/,
      name: `${PAGES_PATH}{queueId}`,
      act: async (visit, req, res) => look(visit, await visitors(req, res)),
    },
    {
      method: 'POST',
      path: /^\/waiting-room\/([^/]+)\/session$/,
      name: `${PAGES_PATH}{queueId}/session`,
      act: posted(async (visit, fields, req, res) => forms.signIn(visit, await visitors(req, res, signIn), fields)),
    },
    {
      method: 'POST',
      path: /^\/waiting-room\/([^/]+)\/place$/,
      name: `${PAGES_PATH}{queueId}/place`,
      act: posted(async (visit, _fields, req, res) => forms.takeNumber(visit, await visitors(req, res))),
    },
    {
      method: 'GET',
      path: /^\/api\/v1\/sessions\/waiting-room\/([^/]+)$/,
      name: `${RENEWAL_PATH}{queueId}`,
      act: async (visit, req, res) => renewal(visit, await visitors(req, res)),
    },
  ];
};
