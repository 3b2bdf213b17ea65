/** Why a number counts as proven, or why not, in words. */

import type { Certificate } from "../api/contract.ts";
import { formatNumber } from "../format.ts";
import { certificates } from "../texts.ts";

export function evidenceOf({ verdict, reason, expected, stored }: Certificate): string {
  if (verdict === "unknown" && !reason) return certificates.noVerdict;
  // after a listing more rows than Microsoft counts are complete: those objects went while it was read
  if (reason === "counted" && expected !== null && stored > expected)
    return certificates.more(formatNumber(stored - expected));
  return certificates.reasons[reason ?? ""] ?? certificates.other(reason ?? verdict);
}
