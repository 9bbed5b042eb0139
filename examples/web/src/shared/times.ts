const time = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const both = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

function isToday(date: Date): boolean {
  return date.toDateString() === new Date().toDateString();
}

/** The time of today, or the day: for lists. */
export function shortTime(iso: string): string {
  const date = new Date(iso);
  return isToday(date) ? time.format(date) : day.format(date);
}

/** The time, with the day unless it is today. */
export function fullTime(iso: string): string {
  const date = new Date(iso);
  return isToday(date) ? time.format(date) : both.format(date);
}
