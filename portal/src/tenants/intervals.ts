/** How often a tenant can be synced, in hours; 0 is only when somebody asks. */

import { settings as texts } from "../texts.ts";

const USUAL = [0, 1, 3, 6, 12, 24, 48, 72, 144];
const DAY = 24;

/** The usual ones, with the tenant's own in its place. */
export const intervalChoices = (own: number): number[] => [...new Set([...USUAL, own])].sort((a, b) => a - b);

export function intervalText(hours: number): string {
  if (hours === 0) return texts.never;
  if (hours === 1) return texts.hourly;
  return texts.every(hours % DAY ? texts.hours(hours) : texts.days(hours / DAY));
}
