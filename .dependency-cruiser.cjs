/** The walls of the house (docs/architecture.md): each rule names what would fall if it were broken. */
const services = ['gateway', 'queue', 'reservation', 'payment', 'commerce', 'notification'];

module.exports = {
  forbidden: [
    {
      name: 'contracts-are-the-leaf',
      comment: 'What services say to each other imports zod alone, so that any client can use it.',
      severity: 'error',
      from: { path: '^libs/contracts/src', pathNot: '[.]spec[.]ts$' },
      to: { pathNot: ['^libs/contracts/src', 'node_modules/zod/'] },
    },
    {
      name: 'shared-knows-no-service',
      comment: 'Mechanisms must not depend on what is built with them.',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^(services|apps|scripts|tests|bench|examples)/' },
    },
    ...services.map((service) => ({
      name: `${service}-imports-no-other-service`,
      comment: 'Services meet in HTTP and messages alone, so that each is deployed by itself.',
      severity: 'error',
      from: { path: `^services/${service}/` },
      to: { path: '^services/', pathNot: `^services/${service}/` },
    })),
    {
      name: 'services-know-no-tooling',
      severity: 'error',
      from: { path: '^services/' },
      to: { path: '^(scripts|tests|bench|examples)/' },
    },
    {
      name: 'benchmarks-are-nobodys-library',
      comment: 'They are built with the load client and the test kit, not the other way round.',
      severity: 'error',
      from: { path: '^(scripts|tests)/', pathNot: '^scripts/commands/bench[.]ts$' }, // the command that runs them
      to: { path: '^bench/' },
    },
    {
      name: 'the-foreign-shop-is-foreign',
      comment: 'It stands for a service that knows nothing of ours but HTTP.',
      severity: 'error',
      from: { path: '^examples/foreign-shop/shop[.]ts$' },
      to: { path: '^(libs|services|scripts|tests|bench)/' },
    },
    {
      name: 'testing-stays-in-tests',
      comment: 'Nothing that runs in production imports the test kit.',
      severity: 'error',
      from: { path: '^(libs|services)/', pathNot: ['[.]spec[.]ts$', '^libs/shared/src/testing/', '/testing/'] },
      to: { path: '^libs/shared/src/testing/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-undeclared-dependency',
      comment: 'Every package a workspace imports stands in its own package.json.',
      severity: 'error',
      from: { path: '^(libs|services)/', pathNot: '[.]spec[.]ts$' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)[.]onsale/' },
    parser: 'swc', // TypeScript 7 has no API that it could use
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.json'],
    },
    combinedDependencies: false,
  },
};
