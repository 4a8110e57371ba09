import { expect } from '@jest/globals';
import type { Engine } from '../../scripts/engines/engines.ts';
import { startTimeOf } from '../../scripts/processes/start-time.ts';

/**
 * SIGKILL to an engine, `during` without it, and then another process of it on the same port and data. Proves that the one has gone and that the other
 * is another. @returns when it was whole again
 */
export const outageOf = async (engine: Engine, during: () => Promise<void>): Promise<Date> => {
  const before = await engine.pid();
  expect(before).toBeGreaterThan(0);
  await engine.kill();
  expect(await engine.pid()).toBeUndefined();
  if (process.platform === 'linux') expect(startTimeOf(before!)).toBeUndefined(); // elsewhere a container's process is not of this machine
  try {
    await during();
  } finally {
    await engine.start(); // whatever `during` came to: the next test shall not suffer for it
  }
  const after = await engine.pid();
  expect(after).toBeGreaterThan(0);
  expect(after).not.toBe(before);
  return new Date();
};
