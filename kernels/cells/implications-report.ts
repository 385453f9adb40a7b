import type { Block, Report } from "../../app/protocol/report.ts";
import type { Graph } from "../graph/graph.ts";
import type { Implication } from "../graph/implications.ts";
import type { ImplicationTest } from "../graph/check-implications.ts";
import { count, formatNumber, listing } from "./format.ts";

const mostPairs = 40;

/** Independences that the graph implies and data can speak against. */
export function implicationsBlock(
  implications: readonly Implication[],
  more: boolean,
  open = false,
): Block {
  const rows = implications.map(({ a, b, sets, more: others }) => [
    `${a} ⊥ ${b}`,
    sets.map((set) => (set.length === 0 ? "∅" : set.join(", "))).join(" or ") +
      (others ? " or …" : ""),
  ]);
  const title = `Testable implications: ${rows.length === 0 ? "none" : `${more ? "more than " : ""}${count(rows.length, "independence")}`}`;
  return {
    kind: "details",
    title,
    open,
    blocks:
      rows.length === 0
        ? [
            {
              kind: "text",
              text: "No two measured variables are independent given any others: no independence can contradict this graph.",
            },
          ]
        : [
            {
              kind: "text",
              text: "Data in which one of these fails contradict the graph.",
            },
            { kind: "table", columns: [{ label: "independent" }, { label: "given" }], rows },
          ],
  };
}

/** The first pairs of a stream. */
export function firstImplications(stream: Iterable<Implication>): {
  readonly implications: readonly Implication[];
  readonly more: boolean;
} {
  const implications: Implication[] = [];
  for (const implication of stream) {
    if (implications.length === mostPairs) return { implications, more: true };
    implications.push(implication);
  }
  return { implications, more: false };
}

export function implicationsReport(
  name: string,
  graph: Graph,
  found: { readonly implications: readonly Implication[]; readonly more: boolean },
): Report {
  const n = found.implications.length;
  return {
    summary: `${name} (${count(graph.nodes.length, "variable")}) implies ${found.more ? "more than " : ""}${count(n, "independence")}.`,
    blocks: [implicationsBlock(found.implications, found.more, true)],
  };
}

/** Tests of the implied independences against a table, the worst first. */
export function implicationTestsReport(
  name: string,
  tableName: string,
  tests: readonly ImplicationTest[],
): Report {
  const tested = tests.filter((test) => test.kind === "tested").sort((a, b) => a.p - b.p);
  const skipped = tests.filter((test) => test.kind === "not-testable");
  const against = tested.filter((test) => test.adjusted < 0.05);
  const statement = (test: ImplicationTest): string =>
    `${test.a} ⊥ ${test.b}${test.given.length === 0 ? "" : ` | ${test.given.join(", ")}`}`;
  const title =
    tested.length === 0
      ? `${tableName} can say nothing against ${name}`
      : against.length === 0
        ? `${tableName} does not contradict ${name}`
        : `${tableName} contradicts ${name} in ${count(against.length, "place")}`;
  const text =
    tested.length === 0
      ? skipped.length === 0
        ? "The graph implies no independence among measured variables."
        : "None of the implied independences could be tested."
      : against.length === 0
        ? `None of ${count(tested.length, "implied independence")} is rejected at 5 % after Holm’s correction. That does not prove the graph: it has survived these tests.`
        : `Rejected at 5 % after Holm’s correction: ${listing(against.slice(0, 8).map(statement))}${against.length > 8 ? ", …" : ""}. An arrow or a common cause is missing there, or the test’s own assumptions fail.`;
  return {
    summary: `${title}. ${text}`,
    blocks: [
      { kind: "notice", tone: against.length === 0 ? "info" : "warning", title, text },
      ...(tested.length === 0
        ? []
        : [
            {
              kind: "details" as const,
              title: `The tests (${tested.length})`,
              open: against.length > 0,
              blocks: [
                {
                  kind: "table" as const,
                  columns: [
                    { label: "implied" },
                    { label: "test" },
                    { label: "estimate", align: "right" as const },
                    { label: "p", align: "right" as const },
                    { label: "p, Holm", align: "right" as const },
                    { label: "rows", align: "right" as const },
                  ],
                  rows: tested
                    .slice(0, 200)
                    .map((test) => [
                      statement(test),
                      test.method === "g-squared" ? "G²" : "partial correlation",
                      formatNumber(test.estimate, 3),
                      formatNumber(test.p, 2),
                      formatNumber(test.adjusted, 2),
                      String(test.n),
                    ]),
                },
                {
                  kind: "text" as const,
                  text: "G² holds for categories of any law; partial correlation for linear relations and normal errors.",
                },
              ],
            },
          ]),
      ...(skipped.length === 0
        ? []
        : [
            {
              kind: "details" as const,
              title: `Not tested (${skipped.length})`,
              blocks: [
                {
                  kind: "table" as const,
                  columns: [{ label: "implied" }, { label: "why not" }],
                  rows: skipped.slice(0, 100).map((test) => [statement(test), test.reason]),
                },
              ],
            },
          ]),
    ],
  };
}
