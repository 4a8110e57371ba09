import { contentionSuite } from '../kit/contention-suite.ts';

contentionSuite('with locks switched off: the database alone decides', { locks: 'off' });
