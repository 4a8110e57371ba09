import { Refusal } from '@onsale/shared/errors';
import express, { type Request, type Response } from 'express';

/** The fields of a form, as they were sent. */
export type Fields = Readonly<Record<string, unknown>>;

/** An email, a password and a path, each character of which may take twelve bytes. */
const MOST_FORM_BYTES = 16_384;

const parseForm = express.urlencoded({ extended: false, limit: MOST_FORM_BYTES, parameterLimit: 10 });

/** Reads the form that a page of ours sends. @throws Refusal UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, VALIDATION_FAILED */
export const fieldsOf = async (req: Request, res: Response): Promise<Fields> => {
  if (!req.is('application/x-www-form-urlencoded')) throw new Refusal('UNSUPPORTED_MEDIA_TYPE', 'This takes the form of the page.');
  await new Promise<void>((resolve, reject) => {
    parseForm(req, res, (error?: unknown) => {
      if (error === undefined) resolve();
      else if ((error as { type?: string }).type === 'entity.too.large')
        reject(new Refusal('PAYLOAD_TOO_LARGE', 'This is more than the form of the page.'));
      else reject(new Refusal('VALIDATION_FAILED', 'The form could not be read.', { cause: error }));
    });
  });
  return req.body as Fields;
};
