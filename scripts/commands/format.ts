// npm run format: writes every file as the formatter wants it.
import { runProgram } from '../terminal/run-program.ts';

const { ok, output } = await runProgram('oxfmt', process.argv.slice(2));
console.log(output.trim());
process.exitCode = ok ? 0 : 1;
