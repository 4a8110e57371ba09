import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../paths.ts';
import type { Account } from './accounts.ts';

/**
 * Runs commerce's one-shot command that makes an operator, with the environment of a commerce process and the password on its standard input.
 * @throws with what the command wrote when it fails
 */
export function createOperator({ email, password, name }: Account, env: Record<string, string>): Promise<void> {
  return new Promise((resolve, reject) => {
    const command = join('services', 'commerce', 'src', 'create-operator.ts');
    const child = spawn(process.execPath, [command, '--email', email, '--name', name], { cwd: root, env });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stdin.on('error', () => {}); // it may end without reading
    child.stdin.end(`${password}\n`);
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`${command} failed (exit ${code}):\n${output.trim()}`))));
  });
}
