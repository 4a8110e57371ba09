// npm run migrate -- <service>: a deployment's one-shot. Applies the service's migrations to the schema of its ONSALE_MYSQL_URL (or ONSALE_MYSQL_URL_FILE).
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, mysqlSettings, readConfig } from '@onsale/shared/config';
import { migrate } from '@onsale/shared/db';
import { root } from '../paths.ts';

const service = process.argv[2] ?? '';
const directory = join(root, 'services', service, 'migrations');
if (!/^[a-z]+$/.test(service) || !existsSync(directory)) {
  console.error('usage: npm run migrate -- <service>, with ONSALE_MYSQL_URL set; the service must have a migrations folder');
  process.exit(2);
}
try {
  const { ONSALE_MYSQL_URL: url } = readConfig(mysqlSettings, process.env);
  const { applied } = await migrate({ url, directory });
  console.log(applied.length === 0 ? `${service}: nothing to apply` : `${service}: applied ${applied.join(', ')}`);
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exitCode = 1;
}
