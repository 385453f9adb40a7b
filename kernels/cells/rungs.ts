import type { ClaimStatus, Rung } from "../../app/claim.ts";

export const rungNames: Readonly<Record<Rung, string>> = {
  1: "I see",
  2: "II do",
  3: "III imagine",
};

/** Colours of charts by rung: the first three of the page's categorical colours are the rungs', in this order. */
export const rungColor = {
  field: "rung",
  type: "nominal",
  title: null,
  scale: { domain: [rungNames[1], rungNames[2], rungNames[3]] },
} as const;

export const statusNames: Readonly<Record<ClaimStatus, string>> = {
  identified: "identified",
  bounded: "bounded",
  "not-identified": "not identified",
  "not-certified": "not certified",
  "zero-by-structure": "zero by structure",
  "needs-mechanism": "needs a mechanism",
  association: "association",
};
