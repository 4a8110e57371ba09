// npm run queue:verify-draw: whether the draw of a queue is what its seed makes it, asked from outside, through the gateway, as anybody can.
// Exit code 0 when it holds, 1 when it does not, 2 when that cannot be said.
import { CallProblem, createClient } from '@onsale/contracts';
import { drawUsage, readDrawOptions } from '../draw/draw-options.ts';
import { drawReport } from '../draw/draw-report.ts';
import { NothingToVerify, verifyDraw } from '../draw/verify-draw.ts';
import { CannotGoOn } from '../engines/engines.ts';
import { runningFleet } from '../seed/running-fleet.ts';

if (process.argv.includes('--help')) {
  console.log(drawUsage);
  process.exit(0);
}
try {
  const { queueId, url = runningFleet().gatewayUrl, notedHash } = readDrawOptions(process.argv.slice(2));
  const verdict = await verifyDraw({ client: createClient({ baseUrl: url }), queueId, notedHash });
  console.log(drawReport(queueId, verdict));
  process.exitCode = verdict.differences.length > 0 ? 1 : 0;
} catch (error) {
  const told = error instanceof CannotGoOn || error instanceof NothingToVerify || error instanceof CallProblem;
  console.error(told ? error.message : error);
  process.exitCode = 2;
}
process.exit();
