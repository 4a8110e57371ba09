import { spawn } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { CannotGoOn, type Say } from '../engines/engines.ts';

/** Whether this is root on a system of Debian's kind. */
export function canAptInstall(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

/** Installs packages, saying so; no service of theirs is started. @throws CannotGoOn with what apt-get said */
export async function aptInstall(packages: readonly string[], say: Say): Promise<void> {
  say(`apt-get install ${packages.join(' ')}`);
  const allowServices = denyServices();
  try {
    await aptGet(['update']);
    await aptGet(['install', '-y', '--no-install-recommends', ...packages]);
  } finally {
    allowServices();
  }
}

/** Debian starts a server when its package is installed, unless this file says no: nothing but our own private instances may run. */
function denyServices(): () => void {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return () => {};
  writeFileSync(policy, '#!/bin/sh\n# written by Onsale while it installs packages, and removed after\nexit 101\n', { mode: 0o755 });
  const remove = () => rmSync(policy, { force: true });
  process.once('exit', remove);
  return () => {
    process.off('exit', remove);
    remove();
  };
}

function aptGet(args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const child = spawn('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-2_000)));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new CannotGoOn(`apt-get ${args.join(' ')} failed (exit ${code}):\n${output.trim()}`));
    });
  });
}
