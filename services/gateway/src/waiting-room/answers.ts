import type { Sale, View } from './view.ts';

/** What a request of the waiting room is answered with: a page, or the way to one. */
export type Answer =
  | { readonly kind: 'page'; readonly view: View; readonly sale?: Sale | undefined; readonly setCookie?: readonly string[] }
  | { readonly kind: 'see-other'; readonly to: string; readonly setCookie?: readonly string[] };

export const page = (view: View, more: { sale?: Sale | undefined; setCookie?: readonly string[] } = {}): Answer => ({
  kind: 'page',
  view,
  ...more,
});
export const seeOther = (to: string, setCookie: readonly string[] = []): Answer => ({ kind: 'see-other', to, setCookie });
