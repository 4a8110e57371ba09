// npm run verify:invariants: whether every invariant holds in the stores of the fleet that runs here, or of one that settings name.
// Exit code 0 when all hold, 1 when something contradicts one, 2 when that cannot be said.
import { CannotGoOn } from '../engines/engines.ts';
import { reportOf } from '../invariants/report.ts';
import { StoreUnreadable } from '../invariants/stores.ts';
import { readVerifySettings, verifyUsage } from '../invariants/verify-settings.ts';
import { verifyInvariants } from '../invariants/verify-invariants.ts';
import { readOperations } from '../load/operations-journal.ts';
import { runningFleet } from '../seed/running-fleet.ts';

if (process.argv.includes('--help')) {
  console.log(verifyUsage);
  process.exit(0);
}
try {
  const { stores = ofTheRunningFleet(), operations, ...options } = readVerifySettings(process.argv.slice(2), process.env);
  const findings = await verifyInvariants({
    ...stores,
    ...options,
    ...(operations === undefined ? {} : { operations: operationsOf(operations) }),
  });
  console.log(reportOf(findings));
  process.exitCode = findings.some(({ violations }) => violations > 0) ? 1 : 0;
} catch (error) {
  console.error(error instanceof CannotGoOn || error instanceof StoreUnreadable ? error.message : error);
  process.exitCode = 2;
}
process.exit();

function ofTheRunningFleet() {
  const { databases, engines, namespace } = runningFleet({ otherwise: 'name the stores of another fleet by settings (--help)' });
  return { databases, redisUrl: engines.redisUrl, kafkaBrokers: engines.kafkaBrokers, namespace };
}

function operationsOf(path: string) {
  try {
    return readOperations(path);
  } catch (error) {
    throw new CannotGoOn(`${path} cannot be read as a journal of operations: ${(error as Error).message}`);
  }
}
