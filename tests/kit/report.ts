/** A line beside the names of the tests, for what a test found that its name cannot say. */
export const report = (line: string): void => void process.stdout.write(`    ${line}\n`);
