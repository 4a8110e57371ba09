import { contentionSuite } from '../kit/contention-suite.ts';

contentionSuite('with locks', { locks: 'on' });
