/** How a method stands on a set, as the kernel's value says. */
export interface StandingLine {
  readonly set: string;
  readonly method: string;
  readonly scored: number;
  readonly failed: number;
  /** Null, too, where there is none. */
  readonly rootPehe?: SpreadLine | null;
  readonly ateError?: SpreadLine | null;
  readonly length?: SpreadLine | null;
  readonly regret?: SpreadLine | null;
  readonly covered: number;
  readonly seconds: SpreadLine;
}

interface SpreadLine {
  readonly count: number;
  readonly mean: number;
  readonly median: number;
  /** No number where there is but one replication. */
  readonly standardError: unknown;
}

const HEAD = [
  "method",
  "runs",
  "root-PEHE median",
  "mean",
  "ATE error median",
  "mean",
  "covered",
  "length",
  "regret",
  "seconds",
];

/** A table for each set, best median first, as text. */
export function tableOf(standings: readonly StandingLine[]): string {
  const sets = [...new Set(standings.map(({ set }) => set))];
  return sets
    .map((set) => {
      const rows = standings.filter((one) => one.set === set).map(rowOf);
      const widths = HEAD.map((head, k) =>
        Math.max(head.length, ...rows.map((row) => row[k]?.length ?? 0)),
      );
      const line = (cells: readonly string[]): string =>
        cells
          .map((cell, k) => (k === 0 ? cell.padEnd(widths[k] ?? 0) : cell.padStart(widths[k] ?? 0)))
          .join("  ")
          .trimEnd();
      return [set, `  ${line(HEAD)}`, ...rows.map((row) => `  ${line(row)}`)].join("\n");
    })
    .join("\n\n");
}

function rowOf(one: StandingLine): readonly string[] {
  return [
    one.method,
    one.failed === 0 ? String(one.scored) : `${one.scored} (${one.failed} failed)`,
    median(one.rootPehe),
    mean(one.rootPehe),
    median(one.ateError),
    mean(one.ateError),
    one.length ? `${one.covered} of ${one.length.count}` : "–",
    median(one.length),
    one.regret ? digits(one.regret.mean) : "–",
    digits(one.seconds.median),
  ];
}

function median(spread: SpreadLine | null | undefined): string {
  return spread ? digits(spread.median) : "–";
}

function mean(spread: SpreadLine | null | undefined): string {
  if (!spread) return "–";
  const { standardError } = spread;
  const error =
    typeof standardError === "number" && Number.isFinite(standardError)
      ? ` ± ${digits(standardError, 2)}`
      : "";
  return `${digits(spread.mean)}${error}`;
}

function digits(value: number, figures = 3): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e6) return value.toExponential(figures - 1);
  return value.toFixed(Math.max(0, figures - 1 - Math.floor(Math.log10(size))));
}
