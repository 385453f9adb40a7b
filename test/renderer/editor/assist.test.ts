import { describe, expect, test } from "vitest";
import {
  completionsAt,
  detailsOf,
  fixesAt,
  hoverAt,
  signaturesAt,
} from "../../../renderer/editor/types/assist.ts";
import type { RenameAnswer, TypeCell } from "../../../renderer/editor/types/cells.ts";
import {
  definitionAt,
  referencesAt,
  rename,
  renameAt,
} from "../../../renderer/editor/types/navigate.ts";
import type { TypeService } from "../../../renderer/editor/types/service.ts";
import { cellsOf, createService } from "./fixture.ts";

let shared: TypeService | undefined;

/** Cells in which `|` marks the place asked about. */
function at(texts: Readonly<Record<string, string | Partial<TypeCell>>>): {
  readonly service: TypeService;
  readonly id: string;
  readonly offset: number;
  readonly text: (id: string) => string;
} {
  const service = (shared ??= createService());
  let place: { id: string; offset: number } | undefined;
  const cells = cellsOf(texts).map((cell) => {
    const offset = cell.source.indexOf("¦");
    if (offset < 0) return cell;
    place = { id: cell.id, offset };
    return { ...cell, source: cell.source.replace("¦", "") };
  });
  if (place === undefined) throw new Error("No place is marked.");
  service.setCells([]);
  service.setCells(cells);
  for (const { id } of cells) service.diagnostics(id);
  return { service, ...place, text: (id) => cells.find((cell) => cell.id === id)?.source ?? "" };
}

function labels(texts: Parameters<typeof at>[0]): readonly string[] {
  const { service, id, offset } = at(texts);
  return completionsAt(service, id, offset).map(({ label }) => label);
}

function renamed(
  texts: Parameters<typeof at>[0],
  to: string,
): Readonly<Record<string, string>> | string {
  const { service, id, offset, text } = at(texts);
  const answer: RenameAnswer = rename(service, id, offset, to);
  if (answer.kind === "refused") return answer.reason;
  const out: Record<string, string> = {};
  for (const edit of answer.edits.toReversed()) {
    if (edit.kind === "name") out[edit.cell] = `named ${edit.value}`;
    else {
      const before = out[edit.cell] ?? text(edit.cell);
      out[edit.cell] = before.slice(0, edit.start) + edit.text + before.slice(edit.end);
    }
  }
  return out;
}

describe("completion", () => {
  test("lists the fields of another cell's value, also in text that does not parse", () => {
    const list = labels({ a: "const row = { weight: 1, height: 2 }", b: "const x = row.¦" });
    expect(list).toEqual(["height", "weight"]);
  });
  test("lists names of cells that this one does not use yet, and of the library", () => {
    const list = labels({ a: "const survey = 1;\ninterface Person { a: 1 }", b: "const x = su¦" });
    expect(list).toEqual(
      expect.arrayContaining(["survey", "Person", "identify", "Math", "display"]),
    );
  });
  test("does not list one's own name twice, nor names of ours", () => {
    const list = labels({ a: "const own = 1;\now¦", b: "own" });
    expect(list.filter((label) => label === "own")).toEqual(["own"]);
    expect(list.filter((label) => label.includes("$"))).toEqual([]);
  });
  test("lists columns inside the quotes", () => {
    const columns = [
      { name: "age", type: "integer" },
      { name: "sex", type: "category" },
    ];
    const data = { source: 'survey = "f.csv"', columns };
    expect(labels({ "data:d": data, b: 'columnOf(survey, "¦")' })).toEqual(["age", "sex"]);
  });
  test("lists packages inside the quotes of an import", () => {
    expect(labels({ b: 'import { x } from "dag¦"' })).toContain("dagbok/graph");
  });
  test("lists what a package exports", () => {
    expect(labels({ b: 'import { pa¦ } from "dagbok/graph"' })).toContain("parseGraph");
  });
  test("tells signature and comment of a name that is not in use yet", () => {
    const { service, id, offset } = at({
      a: "/** Rows of the survey. */\nconst survey = Promise.resolve([1, 2]);",
      b: "const x = su¦",
    });
    expect(detailsOf(service, id, offset, "survey")).toEqual({
      signature: "const survey: number[]",
      doc: "Rows of the survey.",
    });
    expect(detailsOf(service, id, offset, "numbersOf")?.doc).toMatch(/^The numbers of a numeric/);
  });
});

describe("hover", () => {
  test("tells the unwrapped type and the comment, and where it comes from", () => {
    const { service, id, offset } = at({
      a: "/** The dose. */\nconst dose = view(Inputs.range([0, 1]));",
      b: "const x = do¦se * 2;",
    });
    expect(hoverAt(service, id, offset)).toEqual({
      signature: "const dose: number",
      doc: "The dose.",
      start: 10,
      end: 14,
      from: "a",
    });
  });
  test("shows the kernels' own comments", () => {
    const { service, id, offset } = at({ b: 'parse¦Graph("x -> y")' });
    const hover = hoverAt(service, id, offset);
    expect(hover?.signature).toMatch(/^(?:function )?parseGraph\(text: string/);
    expect(hover?.doc.length).toBeGreaterThan(40);
  });
  test("works in causal cells", () => {
    const { service, id, offset } = at({
      "graph:g": "x -> y",
      "identify:i": "effect = P(y | do(x)) in gr¦aph",
    });
    expect(hoverAt(service, id, offset)).toMatchObject({
      signature: "const graph: Graph",
      from: "g",
    });
  });
});

test("signature help shows parameters with their comments", () => {
  const { service, id, offset } = at({
    a: "/**\n * Adds.\n * @param left - the one\n */\nfunction add(left: number, right = 2) { return left + right }",
    b: "add(1, ¦",
  });
  const help = signaturesAt(service, id, offset);
  expect(help).toMatchObject({ active: 0, parameter: 1 });
  expect(help?.signatures[0]?.label).toBe("add(left: number, right?: number): number");
  expect(help?.signatures[0]?.parameters[0]?.doc).toBe("the one");
});

describe("definition", () => {
  test("of a name is in the cell that defines it", () => {
    const { service, id, offset } = at({ a: "const z = 0;\nconst row = 1;", b: "ro¦w + 1" });
    expect(definitionAt(service, id, offset)).toEqual([{ cell: "a", start: 19, end: 22 }]);
  });
  test("of a field too", () => {
    const { service, id, offset } = at({ a: "const row = { weight: 1 };", b: "row.wei¦ght" });
    expect(definitionAt(service, id, offset)).toEqual([{ cell: "a", start: 14, end: 20 }]);
  });
  test("of a causal cell's name", () => {
    const { service, id, offset } = at({
      "identify:i": "effect = P(y | do(x)) in graph",
      "graph:g": "x -> y",
      b: "effe¦ct.kind",
    });
    expect(definitionAt(service, id, offset)).toEqual([{ cell: "i", start: 0, end: 6 }]);
  });
  test("of a local name stays here, though another cell has one like it", () => {
    const { service, id, offset } = at({
      a: "const n = 1;",
      b: "const f = (n: number) => n¦ + 1;",
    });
    expect(definitionAt(service, id, offset)).toEqual([{ cell: "b", start: 11, end: 12 }]);
  });
  test("all uses, in all cells", () => {
    const { service, id, offset } = at({
      a: "const n¦ = 1;\nn;",
      b: "n + n",
      "markdown:t": "${n}",
    });
    expect(referencesAt(service, id, offset)).toEqual([
      { cell: "a", start: 6, end: 7 },
      { cell: "a", start: 13, end: 14 },
      { cell: "b", start: 0, end: 1 },
      { cell: "b", start: 4, end: 5 },
      { cell: "t", start: 2, end: 3 },
    ]);
  });
});

describe("rename", () => {
  test("changes code, text and causal cells", () => {
    expect(
      renamed(
        {
          "data:d": 'sur¦vey = "f.csv"',
          b: "const s = { survey, n: survey.n };\nfunction f(survey: number) { return survey }",
          "markdown:t": "There are ${survey.n} rows of `survey`.",
          "estimate:e": "ate = y ~ x from survey by aipw",
        },
        "people",
      ),
    ).toEqual({
      d: 'people = "f.csv"',
      b: "const s = { survey: people, n: people.n };\nfunction f(survey: number) { return survey }",
      t: "There are ${people.n} rows of `survey`.",
      e: "ate = y ~ x from people by aipw",
    });
  });
  test("reaches the checks of an effect, and the table they name", () => {
    expect(
      renamed(
        {
          "estimate:e": "at¦e = y ~ x from survey by aipw",
          "refute:r":
            "checks = refute ate by placebo, subset\nrobust = sensitivity of ate by e-value",
          b: "ate",
        },
        "total",
      ),
    ).toEqual({
      e: "total = y ~ x from survey by aipw",
      r: "checks = refute total by placebo, subset\nrobust = sensitivity of total by e-value",
      b: "total",
    });
    expect(
      renamed({ "data:d": 'sur¦vey = "f.csv"', "refute:r": "refute ate from survey" }, "people"),
    ).toEqual({ d: 'people = "f.csv"', r: "refute ate from people" });
  });
  test("begins from a use as well", () => {
    expect(renamed({ a: "const [n] = [1];", b: "n + n¦" }, "count")).toEqual({
      a: "const [count] = [1];",
      b: "count + count",
    });
  });
  test("renames a cell that gives its own name to what it makes", () => {
    expect(
      renamed({ "graph:g": { source: "x -> y", name: "assumed" }, b: "assu¦med.nodes" }, "drawn"),
    ).toEqual({ g: "named drawn", b: "drawn.nodes" });
  });
  test("renames fields everywhere", () => {
    expect(
      renamed(
        {
          a: "const row = { weight: 1 };",
          b: "const m = { ...row };",
          c: "m.wei¦ght + row.weight",
        },
        "mass",
      ),
    ).toEqual({ a: "const row = { mass: 1 };", c: "m.mass + row.mass" });
  });
  test("renames types", () => {
    expect(
      renamed({ a: "interface Per¦son { a: 1 }", b: "const p: Person = { a: 1 };" }, "Unit"),
    ).toEqual({ a: "interface Unit { a: 1 }", b: "const p: Unit = { a: 1 };" });
  });
  test("is refused where it would clash, or where the name is not the notebook's", () => {
    expect(renamed({ a: "const n¦ = 1", b: "const m = n" }, "m")).toBe(
      "m is already defined in cell 2.",
    );
    expect(renamed({ a: "const n¦ = 1" }, "Math")).toBe("Math is built in.");
    expect(renamed({ a: "const n¦ = 1" }, "two words")).toBe('"two words" is not a name.');
    expect(renamed({ a: 'parseGraph("x -> y").no¦des' }, "m")).toBe(
      "It comes with Dagbok and keeps its name.",
    );
    const { service, id, offset } = at({ a: 'parse¦Graph("x -> y")' });
    expect(renameAt(service, id, offset)).toBe("parseGraph comes with Dagbok.");
  });
});

describe("quick fixes", () => {
  const fixed = (texts: Parameters<typeof at>[0]): readonly string[] => {
    const { service, id, offset, text } = at(texts);
    return fixesAt(service, id, offset, offset).map(({ edits }) => {
      let out = text(id);
      for (const { start, end, text: to } of edits.toReversed()) {
        out = out.slice(0, start) + to + out.slice(end);
      }
      return out;
    });
  };
  test("for a misspelt name of another cell", () => {
    expect(fixed({ a: "const survey = 1", b: "sur¦vy + 1" })).toEqual(["survey + 1"]);
  });
  test("for a misspelt column", () => {
    const data = { source: 'd = "f.csv"', columns: [{ name: "age", type: "number" }] };
    expect(fixed({ "data:d": data, b: "numbersOf(d, 'a¦gee')" })).toEqual(["numbersOf(d, 'age')"]);
  });
  test("for a misspelt field", () => {
    expect(fixed({ a: "const row = { weight: 1 }", b: "row.wei¦gth" })).toEqual(["row.weight"]);
  });
});
