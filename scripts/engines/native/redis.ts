import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Home } from '../../processes/home.ts';
import { nativeEngine } from './native-engine.ts';

/** A private redis-server. Appends every write to a file: what stands in the line must survive a restart, as it does in production. */
export function nativeRedis({ home, binary, firstPort }: { home: Home; binary: string; firstPort: number }) {
  const data = join(home.folder, 'redis');
  return nativeEngine({
    name: 'redis',
    home,
    firstPorts: [firstPort],
    stopDeadlineMs: 10_000,
    prepare: async () => void mkdirSync(data, { recursive: true }),
    command: ([port]) => ({
      command: binary,
      cwd: data,
      args: Object.entries({
        '--port': String(port),
        '--bind': '127.0.0.1',
        '--dir': data,
        '--databases': '256', // a test file takes one of its own
        '--maxmemory-policy': 'noeviction', // the line is not a cache
        '--appendonly': 'yes',
        '--save': '',
        '--syslog-ident': home.instance, // unused but for being asked after
      }).flat(),
    }),
    askId: askSyslogIdent,
    wantedId: () => home.instance,
  });
}

/** `CONFIG GET syslog-ident`, spoken by hand: one question does not need a client with its reconnects. */
function askSyslogIdent(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    let answer = '';
    socket.setTimeout(1_000, () => socket.destroy(new Error('no answer in 1 s')));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('closed')));
    socket.on('connect', () => socket.write('CONFIG GET syslog-ident\r\n'));
    socket.on('data', (chunk) => {
      answer += chunk.toString();
      const lines = answer.split('\r\n');
      if (answer.startsWith('-')) socket.destroy(new Error(lines[0])); // still loading its file
      if (lines.length < 6) return; // *2, $12, syslog-ident, $36, id, and the end of that line
      resolve(lines[4] as string);
      socket.destroy();
    });
  });
}
