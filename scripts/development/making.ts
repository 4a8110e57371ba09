import type { Client } from '@onsale/contracts';
import type { Say } from '../engines/engines.ts';

/** What a maker of development data works with. */
export interface Making {
  client: Client;
  /** The operator's access token, who signs in when it is asked for first. */
  operatorToken: () => Promise<string>;
  say: Say;
}
