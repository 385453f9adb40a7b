type Exports = Readonly<Record<string, unknown>>;

/** A package of others that comes with Dagbok, so that a notebook can use it offline and always the same. */
export interface BundledPackage {
  /** As in `package.json`; recorded with every result of a cell that imports it. */
  readonly version: string;
  readonly about: string;
  readonly load: () => Promise<Exports>;
}

/**
 * The packages of others that a cell may import: all that are in common use for tables, statistics and charts, need
 * neither a page nor a network, and are permissively licensed.
 */
export const packages: Readonly<Record<string, BundledPackage>> = {
  arquero: {
    version: "8.0.3",
    about: "Tables: filter, derive, group, join, pivot.",
    load: () => import("arquero"),
  },
  "d3-array": {
    version: "3.2.4",
    about: "Summaries, bins, groups and orders of arrays.",
    load: () => import("d3-array"),
  },
  "d3-format": {
    version: "3.1.2",
    about: "Numbers as text.",
    load: () => import("d3-format"),
  },
  "d3-time": {
    version: "3.1.0",
    about: "Steps and spans of time.",
    load: () => import("d3-time"),
  },
  "d3-time-format": {
    version: "4.1.0",
    about: "Times as text and back.",
    load: () => import("d3-time-format"),
  },
  "ml-matrix": {
    version: "6.15.1",
    about: "Matrices and their decompositions.",
    load: () => import("ml-matrix"),
  },
  "simple-statistics": {
    version: "7.12.1",
    about: "Descriptive statistics, distributions and tests.",
    load: () => import("simple-statistics"),
  },
  "vega-lite-api": {
    version: "6.0.0",
    about: "Vega-Lite charts by method calls; a chart is drawn when it is shown.",
    load: () => import("vega-lite-api") as Promise<Exports>,
  },
};
