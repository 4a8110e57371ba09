// What the page says, for the server that writes it and for the script that keeps it up to date.

const numbers = new Intl.NumberFormat('en');

/** 1234 -> "1,234". */
export const numberWords = (number) => numbers.format(number);

const some = (count, unit) => `${count} ${unit}${count === 1 ? '' : 's'}`;

/** Seconds as people say them: never less than it may take, and no finer than can be known. */
export const waitWords = (seconds) => {
  if (seconds === undefined) return 'not known yet';
  const minutes = Math.ceil(seconds / 60);
  if (seconds < 60) return 'less than a minute';
  if (minutes < 60) return `about ${some(minutes, 'minute')}`;
  const hours = Math.floor(minutes / 60);
  if (hours >= 24) return 'more than a day';
  const rest = Math.ceil((minutes % 60) / 10) * 10;
  if (rest === 60) return hours === 23 ? 'more than a day' : `about ${some(hours + 1, 'hour')}`;
  return rest === 0 ? `about ${some(hours, 'hour')}` : `about ${some(hours, 'hour')} ${rest} minutes`;
};

/** The heading of those who wait. */
export const headingWords = ({ status }) => (status === 'PREQUEUE' ? 'You are in before the opening' : 'You are in line');

/** Where somebody stands, in one line: the title of the page, and what is read out. */
export const placeWords = ({ status, state, position, etaSeconds }) => {
  if (status === 'PREQUEUE') return 'The sale has not opened yet';
  const place =
    position === undefined
      ? 'You are in line'
      : position === 1
        ? 'You are next in line'
        : `You are number ${numberWords(position)} in line`;
  if (state === 'PAUSED') return `${place}; admission is paused`;
  return etaSeconds === undefined ? place : `${place}, ${waitWords(etaSeconds)}`;
};

/** What is happening, below the position. */
export const stateWords = ({ status, state }) => {
  if (status === 'PREQUEUE') return 'Everybody who is here when the sale opens is put in order by a draw. Nothing is gained by reloading.';
  if (state === 'PAUSED') return 'Admission is paused for the moment. You keep your place.';
  return 'You are let in as soon as it is your turn.';
};

/** How far somebody has come since the first position they saw. */
export const progressOf = ({ position, first }) =>
  position === undefined || first === undefined ? undefined : { value: Math.max(0, first - position), max: Math.max(1, first) };

/**
 * Whether a change is worth an announcement to somebody who listens to the page: another state or message, or half of the line that was last told of gone.
 */
export const isWorthTelling = (told, now) =>
  told.status !== now.status ||
  told.state !== now.state ||
  told.message !== now.message ||
  (now.position !== undefined && (told.position === undefined || now.position <= told.position / 2));
