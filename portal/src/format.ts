/** Numbers, times and lengths of time as the viewer writes them: locale and zone are the browser's. */

import { units } from "./texts.ts";

const number = new Intl.NumberFormat();
const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const decimal = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const withZone = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  timeZoneName: "short",
});
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });
const timeOfDay = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const list = new Intl.ListFormat();
const percent = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 0 });

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const formatNumber = (value: number) => number.format(value);
export const formatCompact = (value: number) => compact.format(value);
export const formatDecimal = (value: number) => decimal.format(value);
export const formatPercent = (share: number) => percent.format(share);
/** `Users, Groups, and Devices`. */
export const formatList = (names: readonly string[]) => list.format(names);
/** From RFC 3339. */
export const formatDateTime = (time: string) => dateTime.format(new Date(time));
/** For people who may be in another zone. */
export const formatDateTimeWithZone = (time: string) => withZone.format(new Date(time));
export const formatTimeOfDay = (time: string) => timeOfDay.format(new Date(time));

/** From a date without a time, or the day of a time; a day has no zone. */
export const formatDay = (date: string) => day.format(new Date(date));

/** `45 s`, `3 min 20 s`, `2 h 5 min`, `4 d 3 h`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < MINUTE) return `${whole} ${units.seconds}`;
  if (whole < HOUR) return joined(Math.floor(whole / MINUTE), units.minutes, whole % MINUTE, units.seconds);
  if (whole < DAY)
    return joined(Math.floor(whole / HOUR), units.hours, Math.floor((whole % HOUR) / MINUTE), units.minutes);
  return joined(Math.floor(whole / DAY), units.days, Math.floor((whole % DAY) / HOUR), units.hours);
}

/** About how long it still takes, no more exact than anybody can know. */
export function formatEta(seconds: number): string {
  if (seconds < 10) return units.fewSeconds;
  if (seconds < MINUTE) return units.about(`${Math.ceil(seconds / 10) * 10} ${units.seconds}`);
  if (seconds < HOUR) return units.about(`${Math.ceil(seconds / MINUTE)} ${units.minutes}`);
  return units.about(`${decimal.format(seconds / HOUR)} ${units.hours}`);
}

const joined = (large: number, largeUnit: string, small: number, smallUnit: string) =>
  small ? `${large} ${largeUnit} ${small} ${smallUnit}` : `${large} ${largeUnit}`;
