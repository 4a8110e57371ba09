/** Where the engine of the tests is. @throws Error that says how to run a spec which needs one */
export const testEngine = (name: 'ONSALE_TEST_MYSQL_URL' | 'ONSALE_TEST_REDIS_URL' | 'ONSALE_TEST_KAFKA_BROKERS'): string => {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new Error(`${name} is not set: this spec needs real engines, run it with \`npm test -- <path>\``);
  return value;
};
