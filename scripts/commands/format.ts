// npm run format [-- path...]: writes every file of ours, or these, as the formatter wants it.
import { formattedFiles } from '../checks/own-files.ts';
import { runProgram } from '../terminal/run-program.ts';

const paths = process.argv.slice(2);
const { ok, output } = await runProgram('oxfmt', paths.length > 0 ? paths : formattedFiles);
console.log(output.trim());
process.exitCode = ok ? 0 : 1;
