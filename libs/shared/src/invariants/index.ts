export { NAMED, type Finding } from './finding.ts';
export { runChecks, uuidOf, type SqlCheck } from './sql-check.ts';
export { confirmLooks, type ConfirmOptions, type Look } from './confirm-looks.ts';
