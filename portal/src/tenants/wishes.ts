/** Whether a resource is synced and how often, as one choice: as the tenant, every so many hours, on demand, or off. */

import type { ResourceWish } from "../api/contract.ts";
import { wishTexts as texts } from "../texts.ts";
import { intervalChoices, intervalText } from "./intervals.ts";

export interface Choice {
  readonly value: string;
  readonly text: string;
}

const AS_TENANT = "tenant";
const OFF = "off";

export function wishChoices(tenantHours: number, wish: ResourceWish | undefined): Choice[] {
  const hours = intervalChoices(wish?.everyHours ?? 0);
  return [
    { value: AS_TENANT, text: texts.asTenant(intervalText(tenantHours)) },
    ...hours.map((each) => ({ value: String(each), text: capital(intervalText(each)) })),
    { value: OFF, text: texts.off },
  ];
}

export const writeWish = (wish: ResourceWish | undefined): string =>
  wish?.enabled === false ? OFF : String(wish?.everyHours ?? AS_TENANT);

/** The inverse of `writeWish`. */
export function parseWish(value: string): ResourceWish {
  if (value === OFF) return { enabled: false, everyHours: null };
  return { enabled: true, everyHours: value === AS_TENANT ? null : Number(value) };
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
