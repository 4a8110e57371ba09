export { answersDataRequests } from './answers-data-requests.ts';
export { partsOf, type SectionReader } from './parts-of.ts';
