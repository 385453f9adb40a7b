import { UserError } from "../../app/errors.ts";
import { type Column, columnOf, type Table } from "./table.ts";

/** Covariates as numbers, `x: [n, d]` row-major: categories one-hot with their first level dropped. */
export interface Design {
  readonly n: number;
  readonly d: number;
  readonly x: Float64Array;
  /** Name of each of the `d` columns, e.g. `age`, `education=college`, `age^2`. */
  readonly names: readonly string[];
  /** For each of the `d` columns, the table columns it was made from. */
  readonly sources: readonly (readonly string[])[];
}

/** One column of a design before it is laid out. */
interface Feature {
  readonly name: string;
  readonly sources: readonly string[];
  readonly values: Float64Array;
}

/** No covariates at all. */
export function emptyDesign(n: number): Design {
  return { n, d: 0, x: new Float64Array(0), names: [], sources: [] };
}

/**
 * The named columns as numbers, then the terms: `age^2`, `age*income` (or `age:income`; categories give a product
 * per level), `log(income)`, `sqrt(x)`, `factor(grade)` (a number read as labels; replaces the number itself). The
 * first level that occurs is the reference. Constant columns are left out and listed. Text columns and missing cells
 * must have been refused before. Throws `UserError` codes `bad-term`, `unknown-column`, `column-not-numeric`. O(n · d).
 */
export function buildDesign(
  table: Table,
  names: readonly string[],
  terms: readonly string[] = [],
): { design: Design; constant: readonly string[] } {
  const factors = new Set(
    terms.map((term) => factorName(term)).filter((name) => name !== undefined),
  );
  const features: Feature[] = [];
  for (const name of names) {
    features.push(...(factors.has(name) ? featuresOfFactor(table, name) : featuresOf(table, name)));
  }
  for (const term of terms) {
    const factor = factorName(term);
    if (factor === undefined) features.push(...featuresOfTerm(table, term));
    else if (!names.includes(factor)) features.push(...featuresOfFactor(table, factor));
  }
  const constant = features.filter((f) => isConstant(f.values)).map((f) => f.name);
  return {
    design: layOut(
      table.n,
      features.filter((f) => !isConstant(f.values)),
    ),
    constant,
  };
}

/** Table columns that names and terms speak of, each once. */
export function columnsOfTerms(terms: readonly string[]): string[] {
  const names = terms.flatMap((term) =>
    term
      .split(/[*:]/)
      .map(
        (part) =>
          /^\s*(?:log|sqrt|factor)\((.*)\)\s*$/.exec(part)?.[1] ?? part.replace(/\^\d+\s*$/, ""),
      ),
  );
  return [...new Set(names.map((name) => name.trim()))];
}

/** The given columns of a design, by index. O(n · d). */
export function selectFeatures(design: Design, keep: readonly number[]): Design {
  const d = keep.length;
  const x = new Float64Array(design.n * d);
  for (let i = 0; i < design.n; i++) {
    for (let k = 0; k < d; k++) x[i * d + k] = design.x[i * design.d + keep[k]!]!;
  }
  return {
    n: design.n,
    d,
    x,
    names: keep.map((j) => design.names[j]!),
    sources: keep.map((j) => design.sources[j]!),
  };
}

/** The given rows of a design, which may repeat. O(rows · d). */
export function takeDesignRows(design: Design, rows: ArrayLike<number>): Design {
  const { d } = design;
  const x = new Float64Array(rows.length * d);
  for (let i = 0; i < rows.length; i++) {
    const from = rows[i]! * d;
    for (let j = 0; j < d; j++) x[i * d + j] = design.x[from + j]!;
  }
  return { ...design, n: rows.length, x };
}

function layOut(n: number, features: readonly Feature[]): Design {
  const d = features.length;
  const x = new Float64Array(n * d);
  // By blocks of rows: column by column every write would touch another cache line.
  const columns = features.map((feature) => feature.values);
  for (let start = 0; start < n; start += 64) {
    const end = Math.min(n, start + 64);
    for (let j = 0; j < d; j++) {
      const values = columns[j]!;
      for (let i = start; i < end; i++) x[i * d + j] = values[i]!;
    }
  }
  return { n, d, x, names: features.map((f) => f.name), sources: features.map((f) => f.sources) };
}

function featuresOf(table: Table, name: string): Feature[] {
  const column = columnOf(table, name);
  if (column.type === "text") throw notNumeric(column);
  if (column.type === "category") return dummies(name, column.codes, column.levels);
  return [{ name, sources: [name], values: column.values }];
}

function featuresOfFactor(table: Table, name: string): Feature[] {
  const column = columnOf(table, name);
  if (column.type === "text") throw notNumeric(column);
  if (column.type === "category") return dummies(name, column.codes, column.levels);
  const levels = [...new Set(column.values)].toSorted((a, b) => a - b);
  const index = new Map(levels.map((level, i) => [level, i]));
  return dummies(
    name,
    Int32Array.from(column.values, (v) => index.get(v)!),
    levels.map(String),
  );
}

function dummies(name: string, codes: Int32Array, levels: readonly string[]): Feature[] {
  const counts = levels.map(() => 0);
  for (const code of codes) if (code >= 0) counts[code]! += 1;
  const present = levels.map((_, i) => i).filter((i) => counts[i]! > 0);
  return present.slice(1).map((level) => ({
    name: `${name}=${levels[level]}`,
    sources: [name],
    values: Float64Array.from(codes, (code) => (code === level ? 1 : 0)),
  }));
}

function factorName(term: string): string | undefined {
  return /^\s*factor\(([^()]*)\)\s*$/.exec(term)?.[1]?.trim();
}

function featuresOfTerm(table: Table, term: string): Feature[] {
  const parts = term.split(/[*:]/).map((part) => featuresOfFactorTerm(table, part.trim(), term));
  let product = parts[0]!;
  for (const next of parts.slice(1)) product = product.flatMap((a) => next.map((b) => times(a, b)));
  return product;
}

function featuresOfFactorTerm(table: Table, part: string, term: string): Feature[] {
  const call = /^(log|sqrt|factor)\((.*)\)$/.exec(part);
  if (call?.[1] === "factor") return featuresOfFactor(table, call[2]!.trim());
  if (call !== null)
    return [transformed(table, call[1] === "log" ? "log" : "sqrt", call[2]!.trim())];
  const power = /^(.*)\^(\d+)$/.exec(part);
  if (power !== null) {
    const name = power[1]!.trim();
    const values = numeric(table, name, term);
    const exponent = Number(power[2]);
    return [{ name: part, sources: [name], values: values.map((v) => v ** exponent) }];
  }
  if (part === "") throw badTerm(term, "a factor is empty");
  return featuresOf(table, part);
}

function transformed(table: Table, transform: "log" | "sqrt", name: string): Feature {
  const values = numeric(table, name, `${transform}(${name})`).map((v) =>
    transform === "log" ? Math.log(v) : Math.sqrt(v),
  );
  const bad = values.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0) throw badTerm(`${transform}(${name})`, `row ${bad + 1} has no finite ${transform}`);
  return { name: `${transform}(${name})`, sources: [name], values };
}

function numeric(table: Table, name: string, term: string): Float64Array {
  const column = columnOf(table, name);
  if (column.type === "text") throw notNumeric(column);
  if (column.type === "category") throw badTerm(term, `"${name}" holds categories`);
  return column.values;
}

function times(a: Feature, b: Feature): Feature {
  return {
    name: `${a.name}*${b.name}`,
    sources: [...new Set([...a.sources, ...b.sources])],
    values: a.values.map((value, i) => value * b.values[i]!),
  };
}

function isConstant(values: Float64Array): boolean {
  return values.every((value) => value === values[0]);
}

function badTerm(term: string, why: string): UserError {
  return new UserError({
    code: "bad-term",
    message: `The term "${term}" cannot be computed: ${why}.`,
    value: term,
    expected: "x^2, a*b, log(x), sqrt(x) or factor(x) of columns of the table",
    hint: "Correct the term, or add a column for it in the data cell.",
  });
}

function notNumeric(column: Column): UserError {
  return new UserError({
    code: "column-not-numeric",
    message: `Column "${column.name}" holds text, not numbers.`,
    value: column.type,
    expected: "numbers, yes/no values or categories",
    hint: 'Declare it as a category in the data cell: {type: "category"}.',
  });
}
