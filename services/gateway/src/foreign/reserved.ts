/** Where the gateway's own routes stand, whether or not their owner is there. */
const RESERVED = ['/api/v1', '/internal', '/.well-known/jwks.json', '/openapi.json', '/docs', '/waiting-room'];

/** Whether a path belongs to the gateway, and never to a foreign service. */
export const reserves = (path: string): boolean => RESERVED.some((own) => path === own || path.startsWith(`${own}/`));
