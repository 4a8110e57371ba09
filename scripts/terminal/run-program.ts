import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../paths.ts';

export interface ProgramResult {
  ok: boolean;
  output: string;
}

/** The programs in node_modules that commands run: each with the file that is its way in, to be run by this Node. */
const programs = {
  tsc: 'typescript/bin/tsc',
  oxlint: 'oxlint/bin/oxlint',
  oxfmt: 'oxfmt/bin/oxfmt',
  depcruise: 'dependency-cruiser/bin/dependency-cruiser.mjs',
  jest: 'jest/bin/jest.js',
} as const;
export type Program = keyof typeof programs;

export function programFile(program: Program): string {
  return join(root, 'node_modules', programs[program]);
}

/** Runs a program of node_modules in the checkout's folder and keeps all that it writes. */
export function runProgram(program: Program, args: string[]): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [programFile(program), ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ ok: code === 0, output }));
  });
}
