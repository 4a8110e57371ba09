export { CRASH_AT, parseCrashAt, type CrashSettings } from './crash-at.ts';
export { createCrashPoints, during, type CrashPoints } from './create-crash-points.ts';
