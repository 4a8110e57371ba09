/** What the reference of a seeded charge begins with: no service has made it, and no event tells of it. */
export const SEEDED = 'seeded-';
