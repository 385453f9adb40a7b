// @vitest-environment jsdom
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { difference } from "../../renderer/editor/controller.ts";
import { highlight, tokenize } from "../../renderer/editor/highlight.ts";

const kinds = ["ts", "markdown", "graph", "estimate", "json", "html", "unknown-kind"];

test("highlighting never changes a text, whatever it is", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 200 }),
      fc.constantFrom(...kinds),
      (text, kind) => {
        const holder = document.createElement("div");
        holder.append(highlight(text, kind));
        expect(holder.textContent).toBe(text);
      },
    ),
  );
});

test("findings underline exactly their place, across tokens", () => {
  const holder = document.createElement("pre");
  holder.append(
    highlight("const a = wrong(1);", "ts", [
      { code: "x", severity: "error", message: "no", place: { start: 10, end: 17 } },
    ]),
  );
  const marked = [...holder.querySelectorAll(".squiggle-error")].map((e) => e.textContent).join("");
  expect(marked).toBe("wrong(1");
  expect(holder.textContent).toBe("const a = wrong(1);");
});

test("tokens of the causal languages", () => {
  const text = 'effect = P(y | do(x)) in g # "note"';
  const tokens = tokenize(text, "identify").map(({ start, end, token }) => [
    text.slice(start, end),
    token,
  ]);
  expect(tokens).toContainEqual(["P", "type"]);
  expect(tokens).toContainEqual(["do", "keyword"]);
  expect(tokens).toContainEqual(["in", "keyword"]);
  expect(tokens).toContainEqual(['# "note"', "comment"]);
});

test("hostile text does not make the tokenizer slow", () => {
  const began = performance.now();
  for (const text of [
    "`".repeat(20_000),
    "/*".repeat(20_000),
    '"\\'.repeat(20_000),
    "$a".repeat(20_000),
    "[](".repeat(10_000),
  ]) {
    for (const kind of kinds) tokenize(text, kind);
  }
  expect(performance.now() - began).toBeLessThan(2000);
});

test("the difference of two texts is one splice that makes one of the other", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), fc.string({ maxLength: 40 }), (before, after) => {
      const { start, end, text } = difference(before, after);
      expect(before.slice(0, start) + text + before.slice(end)).toBe(after);
    }),
  );
});
