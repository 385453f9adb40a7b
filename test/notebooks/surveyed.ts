/** Notebooks of the survey of estimation, by name. */
export const surveyed: readonly string[] = [
  "tarnet",
  "cfr",
  "snet",
  "cevae",
  "riesznet",
  "dose-response",
  "deepiv",
  "causal-forest",
  "neural-forest",
  "judging-cate",
];
