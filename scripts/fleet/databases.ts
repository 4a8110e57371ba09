import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { migrate } from '@onsale/shared/db';
import mysql from 'mysql2/promise';
import { homeSecret } from '../keys/home-secret.ts';
import { root } from '../paths.ts';
import { type ServiceName, servicesWithTables } from './services.ts';

export type DatabaseUrls = Partial<Record<ServiceName, string>>;

export interface DatabasesOptions {
  /** An account that may create schemas and users. */
  mysqlUrl: string;
  /** Before the service's name, in the schema's name and the user's. */
  prefix: string;
  homeFolder: string;
  /** Left out, every service that has tables. */
  services?: readonly (typeof servicesWithTables)[number][];
}

/** MySQL takes no longer name of a user. */
const longestUser = 32;

/**
 * Creates a schema and a user for each service with tables, unless they are there, and sets the user's password to the one of this home.
 * @returns the URL of each, for its service alone
 */
export async function createDatabases({
  mysqlUrl,
  prefix,
  homeFolder,
  services = servicesWithTables,
}: DatabasesOptions): Promise<DatabaseUrls> {
  const longest = Math.max(...servicesWithTables.map((service) => (prefix + service).length));
  if (!/^[a-z0-9_]+$/.test(prefix) || longest > longestUser) {
    throw new RangeError(
      `${prefix} cannot begin the name of a schema: lower case, digits, _ and at most ${longestUser} characters with the service's name`,
    );
  }
  const connection = await mysql.createConnection({ uri: mysqlUrl, connectTimeout: 15_000 });
  try {
    const urls: DatabaseUrls = {};
    for (const service of services) {
      const name = prefix + service;
      const password = homeSecret(homeFolder, name);
      await connection.query(`CREATE DATABASE IF NOT EXISTS \`${name}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci`);
      await connection.query(`CREATE USER IF NOT EXISTS '${name}'@'%' IDENTIFIED BY '${password}'`);
      await connection.query(`ALTER USER '${name}'@'%' IDENTIFIED BY '${password}'`);
      await connection.query(`GRANT ALL PRIVILEGES ON \`${name.replaceAll('_', '\\_')}\`.* TO '${name}'@'%'`); // a bare _ stands for any character
      urls[service] = urlOf(mysqlUrl, name, password);
    }
    return urls;
  } finally {
    await connection.end();
  }
}

/** Applies what is missing of each service's migrations. @returns how many were applied */
export async function migrateDatabases(urls: DatabaseUrls): Promise<number> {
  const applied = await Promise.all(
    servicesWithTables.map(async (service) => {
      const url = urls[service];
      const directory = migrationsOf(service);
      if (url === undefined || !existsSync(directory)) return 0;
      return (await migrate({ url, directory })).applied.length;
    }),
  );
  return applied.reduce((sum, n) => sum + n, 0);
}

export function migrationsOf(service: string): string {
  return join(root, 'services', service, 'migrations');
}

function urlOf(adminUrl: string, name: string, password: string): string {
  const url = new URL(adminUrl);
  url.username = name;
  url.password = password;
  url.pathname = `/${name}`;
  return url.href;
}
