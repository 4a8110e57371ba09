const HOUR_MS = 3_600_000;
/** Three days. */
const HOURS = 72;
/** How many products are popular. */
export const PLACES = 5;

/** The hour, counted since 1970 (UTC), that a time lies in. */
export const hourOf = (time: Date): number => Math.floor(time.getTime() / HOUR_MS);

/** When an hour begins. */
export const startOf = (hour: number): Date => new Date(hour * HOUR_MS);

/** The first hour whose sales count: that of three days ago, whole. So what counts are the last 72 to 73 hours. */
export const firstHourOf = (now: Date): number => hourOf(now) - HOURS;
