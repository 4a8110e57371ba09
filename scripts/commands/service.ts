// npm run service -- <service>: one service by itself, as a deployment runs it: with the settings of this environment, and none of ours.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { serviceNames } from '../fleet/services.ts';
import { root } from '../paths.ts';

const service = serviceNames.find((name) => name === process.argv[2]);
if (service === undefined || process.argv.length > 3) {
  console.error(`usage: npm run service -- <service>, with one of: ${serviceNames.join(', ')}
Its settings come from the environment: docs/operations.md, "Settings", has the common ones, services/<service>/README.md the others.`);
  process.exit(2);
}
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM')); // the launcher is gone
process.channel?.unref();
await import(pathToFileURL(join(root, 'services', service, 'src', 'main.ts')).href);
