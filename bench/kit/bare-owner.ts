// A process of its own: whatever is asked, it answers at once, as a service behind the gateway would that had nothing to do.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const body = JSON.stringify({ seats: Array.from({ length: 20 }, (_, n) => ({ id: String(n), status: 'AVAILABLE' })) });
const server = createServer({ keepAliveTimeout: 65_000 }, (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.once('SIGTERM', () => process.exit(0));
