import { run } from '@onsale/shared/lifecycle';
import { compose } from './compose.ts';
import { readSettings } from './config.ts';

await run(() => compose(readSettings()));
