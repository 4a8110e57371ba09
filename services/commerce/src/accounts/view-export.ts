import { DataSection } from '@onsale/contracts';
import type { DataExport } from '@onsale/contracts/commerce';
import type { Queryable } from '@onsale/shared/db';
import { countParts, readParts, type StoredExport } from './export-store.ts';

/** An export without its data: READY when all of it is there, every part of every section. What is asked for again and again until then costs no more than a count. */
export const outlineExport = async (db: Queryable, { id, createdAt, expiresAt }: StoredExport): Promise<DataExport> => {
  const counts = await countParts(db, id);
  const whole = new Set(counts.flatMap(({ section, parts, came }) => (came === parts ? [section] : [])));
  const status = DataSection.options.every((section) => whole.has(section)) ? 'READY' : 'GATHERING';
  return { id, status, createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString() };
};

/** The same with its data, when all of it is there. */
export const viewExport = async (db: Queryable, stored: StoredExport): Promise<DataExport> => {
  const outline = await outlineExport(db, stored);
  if (outline.status === 'GATHERING') return outline;
  const came = Map.groupBy(await readParts(db, stored.id), ({ section }) => section);
  const truncated = [...came].flatMap(([section, parts]) => (parts.some((part) => part.truncated) ? [section] : []));
  const data = Object.fromEntries([...came].map(([section, parts]) => [section, parts.flatMap(({ items }) => items)]));
  return { ...outline, ...(truncated.length > 0 && { truncated }), data };
};
