export { createTurns, GaveUp, Overloaded, type Turns, type TurnsOptions } from './create-turns.ts';
