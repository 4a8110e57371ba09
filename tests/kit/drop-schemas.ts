import { createConnection } from 'mysql2/promise';

/** Drops the schemas that a fleet has made for these services, and their accounts. */
export const dropSchemas = async ({
  mysqlUrl,
  schemaPrefix,
  services,
}: {
  readonly mysqlUrl: string;
  readonly schemaPrefix: string;
  readonly services: readonly string[];
}): Promise<void> => {
  const connection = await createConnection({ uri: mysqlUrl });
  for (const service of services) {
    await connection.query(`DROP DATABASE IF EXISTS \`${schemaPrefix}${service}\``);
    await connection.query(`DROP USER IF EXISTS '${schemaPrefix}${service}'@'%'`);
  }
  await connection.end();
};
