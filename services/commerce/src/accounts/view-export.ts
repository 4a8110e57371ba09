import { DataSection } from '@onsale/contracts';
import type { DataExport } from '@onsale/contracts/commerce';
import type { Queryable } from '@onsale/shared/db';
import { readParts, type StoredExport } from './export-store.ts';

/** An export with its data when all of it is there: every part of every section. */
export const viewExport = async (db: Queryable, { id, createdAt, expiresAt }: StoredExport): Promise<DataExport> => {
  const facts = { id, createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString() };
  const came = Map.groupBy(await readParts(db, id), ({ section }) => section);
  const isWhole = (section: DataSection): boolean => {
    const parts = came.get(section);
    return parts !== undefined && parts.length === parts[0]!.parts;
  };
  if (!DataSection.options.every(isWhole)) return { ...facts, status: 'GATHERING' };
  const truncated = [...came].flatMap(([section, parts]) => (parts.some((part) => part.truncated) ? [section] : []));
  const data = Object.fromEntries([...came].map(([section, parts]) => [section, parts.flatMap(({ items }) => items)]));
  return { ...facts, status: 'READY', ...(truncated.length > 0 && { truncated }), data };
};
