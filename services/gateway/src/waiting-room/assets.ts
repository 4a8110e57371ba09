import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface Asset {
  /** Its content is in its name, so it never changes. */
  readonly path: string;
  readonly type: string;
  readonly body: Buffer;
}

export const ASSETS_PATH = '/waiting-room/assets/';

const read = (name: string): string => readFileSync(new URL(`assets/${name}`, import.meta.url), 'utf8');

const assetOf = (name: string, extension: string, type: string, text: string): Asset => {
  const body = Buffer.from(text);
  const hash = createHash('sha256').update(body).digest('base64url').slice(0, 12);
  return { path: `${ASSETS_PATH}${name}-${hash}.${extension}`, type, body };
};

/** The words are in the script, so that a browser asks once; each is a module by itself for the server and for tests. */
const script = (): string => {
  const own = read('page.js').replace(/^import .* from '\.\/wording\.js';$/m, '');
  return `${read('wording.js').replaceAll(/^export /gm, '')}\n${own}`;
};

/** The page's own files, read once. There are no others: nothing on the page is from elsewhere. @throws Error when they are not there */
export const loadAssets = () => {
  const style = assetOf('page', 'css', 'text/css; charset=utf-8', read('page.css'));
  const code = assetOf('page', 'js', 'text/javascript; charset=utf-8', script());
  return { style, script: code, byPath: new Map([style, code].map((asset) => [asset.path, asset])) };
};

export type Assets = ReturnType<typeof loadAssets>;
