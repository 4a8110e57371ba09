import { join } from 'node:path';

/** The checkout's folder. */
export const root = join(import.meta.dirname, '..');
/** Everything that commands write, ignored by git. */
export const workFolder = join(root, '.onsale');
export const kafkaJarsFolder = join(workFolder, 'kafka-lib');
