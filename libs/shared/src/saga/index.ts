export { saga, type Failure, type SagaDefinition, type SagaView } from './definition.ts';
export { refused } from '../inbox/index.ts';
export { createSagaTable } from './tables.ts';
export { createSagaRunner, type Intervention, type SagaRunner, type SagaRunnerOptions } from './create-saga-runner.ts';
export { sagaDoors } from './saga-doors.ts';
export { awaitEnd } from './await-end.ts';
export { createEnds, type Ends, type EndsOptions } from './create-ends.ts';
export { sagaChecks, type SagaCheckOptions } from './saga-checks.ts';
export { sagasEnded } from './saga-store.ts';
