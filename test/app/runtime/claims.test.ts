import { expect, it } from "vitest";
import type { Assumption, Claim } from "../../../app/claim.ts";
import { uniteClaims } from "../../../app/runtime/claims.ts";

const assumption = (id: string): Assumption => ({ id, kind: "k", text: id, variables: [] });
const claim = (
  rung: Claim["rung"],
  status: Claim["status"],
  query: string,
  ...ids: string[]
): Claim => ({ rung, status, query, assumptions: ids.map((id) => assumption(id)) });

it("is nothing for nothing", () => {
  expect(uniteClaims([])).toBeUndefined();
});

it("takes the highest rung, the weakest status, every query and every assumption once", () => {
  const united = uniteClaims([
    { ...claim(2, "identified", "P(y | do(x))", "a", "b"), derivation: ["back-door"] },
    claim(1, "association", "E[z]", "b"),
    claim(3, "bounded", "P(y_x)", "c"),
  ]);
  expect(united).toEqual({
    rung: 3,
    status: "bounded",
    query: "P(y | do(x)); E[z]; P(y_x)",
    assumptions: ["a", "b", "c"].map((id) => assumption(id)),
    derivedByCode: true,
  });
});

it("is not weakened by a mere association, and never turns a refusal into an answer", () => {
  const effect = claim(2, "identified", "q");
  expect(uniteClaims([effect, claim(1, "association", "m")])?.status).toBe("identified");
  for (const status of ["bounded", "not-certified", "needs-mechanism", "not-identified"] as const) {
    expect(uniteClaims([effect, claim(2, status, "r")])?.status).toBe(status);
    expect(uniteClaims([claim(2, status, "r"), effect])?.status).toBe(status);
  }
});

it("gives the same claim by whatever way the values came together", () => {
  const [a, b, c] = [
    claim(1, "association", "a", "1"),
    claim(2, "bounded", "b", "2"),
    claim(2, "identified", "c", "1"),
  ];
  const pair = uniteClaims([a, b]);
  if (pair === undefined) throw new Error("no claim");
  expect(uniteClaims([pair, c])).toEqual(uniteClaims([a, b, c]));
  expect(uniteClaims([pair, pair])).toEqual(pair);
});
