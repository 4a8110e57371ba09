import { contentionSuite } from '../kit/contention-suite.ts';

contentionSuite('with locks', { settings: { reservation: { ONSALE_LOCKS: 'on' } } });
