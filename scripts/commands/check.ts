// npm run check: types, lint, format and walls.
import { runChecks } from '../checks/run-checks.ts';

const { passed, failed } = await runChecks();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
