import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import mysql from 'mysql2/promise';
import { homeSecret } from '../../keys/home-secret.ts';
import type { Home } from '../../processes/home.ts';
import { CannotGoOn } from '../engines.ts';
import { nativeEngine } from './native-engine.ts';

const run = promisify(execFile);
const admin = 'onsale_admin';

/** A private MariaDB or MySQL, with durable commits: a test that kills it wants to find what was answered. */
export function nativeMysql({ home, binary, firstPort }: { home: Home; binary: string; firstPort: number }) {
  const folder = join(home.folder, 'mysql');
  const password = homeSecret(home.folder, admin);
  const urlOf = (port: number) => `mysql://${admin}:${password}@127.0.0.1:${port}`;
  const engine = nativeEngine({
    name: 'mysql',
    home,
    firstPorts: [firstPort],
    stopDeadlineMs: 30_000,
    prepare: async () => {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      if (!existsSync(join(folder, 'data'))) await initialise({ binary, folder });
      writeFileSync(join(folder, 'init.sql'), accounts(password), { mode: 0o600 });
    },
    command: ([port]) => ({ command: binary, cwd: folder, args: flags({ folder, port: port as number, instance: home.instance }) }),
    askId: (port) => askReportHost(urlOf(port)),
    wantedId: () => home.instance,
  });
  return { ...engine, url: () => urlOf(engine.port()) };
}

function flags({ folder, port, instance }: { folder: string; port: number; instance: string }): string[] {
  return [
    '--no-defaults',
    ...asRoot(),
    `--datadir=${join(folder, 'data')}`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    '--socket=mysql.sock', // relative to the data folder, since a socket's full path may have no more than 107 characters
    '--pid-file=mysql.pid',
    `--init-file=${join(folder, 'init.sql')}`,
    `--report-host=${instance}`, // unused without replication, but for being asked after
    '--skip-name-resolve',
    '--skip-log-bin',
    '--loose-mysqlx=OFF', // MySQL's second port
    '--max-connections=600',
    '--innodb-buffer-pool-size=512M',
    '--innodb-flush-log-at-trx-commit=1',
    '--character-set-server=utf8mb4',
    '--collation-server=utf8mb4_unicode_520_ci',
    '--default-time-zone=+00:00',
  ];
}

/** A server refuses to run as root unless it is told to. */
function asRoot(): string[] {
  return process.getuid?.() === 0 ? ['--user=root'] : [];
}

/** Into a folder that gets its name when all is done: what was interrupted is thrown away and begun again. */
async function initialise({ binary, folder }: { binary: string; folder: string }): Promise<void> {
  const fresh = join(folder, 'data.new');
  rmSync(fresh, { recursive: true, force: true });
  const { stdout } = await run(binary, ['--version']);
  const options = ['--no-defaults', `--datadir=${fresh}`, ...asRoot()];
  const isMariaDb = /mariadb/i.test(stdout);
  const [command, args] = isMariaDb
    ? [installDb(binary), [...options, '--auth-root-authentication-method=normal', '--skip-test-db', '--skip-name-resolve']]
    : [binary, [...options, '--initialize-insecure']];
  await run(command, args).catch((error: Error & { stderr?: string }) => {
    throw new CannotGoOn(`${command} failed: ${error.stderr?.trim() || error.message}`);
  });
  renameSync(fresh, join(folder, 'data'));
}

function installDb(binary: string): string {
  const folders = [join(dirname(binary), '..', 'bin'), dirname(binary), '/usr/bin'];
  const names = ['mariadb-install-db', 'mysql_install_db'];
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(existsSync) ?? 'mariadb-install-db';
}

/** Run at each start: one account with a password of this home, and none without over TCP (root remains on the socket in our folder). */
function accounts(password: string): string {
  return [
    `CREATE USER IF NOT EXISTS '${admin}'@'%' IDENTIFIED BY '${password}';`,
    `GRANT ALL PRIVILEGES ON *.* TO '${admin}'@'%' WITH GRANT OPTION;`,
    `DROP USER IF EXISTS ''@'localhost', ''@'127.0.0.1', 'root'@'127.0.0.1', 'root'@'::1';`,
    '',
  ].join('\n');
}

async function askReportHost(url: string): Promise<string> {
  const connection = await mysql.createConnection({ uri: url, connectTimeout: 2_000 });
  try {
    const [rows] = await connection.query<mysql.RowDataPacket[]>({ sql: 'SELECT @@report_host AS id', timeout: 2_000 });
    return String(rows[0]?.id);
  } finally {
    connection.destroy();
  }
}
