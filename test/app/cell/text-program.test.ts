import { expect, test } from "vitest";
import { compileText, textProgram, type TextKind } from "../../../app/cell/text-program.ts";
import { cpuTime } from "../notebook/cpu-time.ts";
import { contextFor, evaluate } from "./support.ts";

async function fill(
  source: string,
  inputs: Readonly<Record<string, unknown>> = {},
  kind: TextKind = "markdown",
): Promise<unknown> {
  const program = textProgram(source, kind, evaluate);
  const shown: { bundle: Record<string, string> }[] = [];
  await program.run?.(inputs, contextFor(shown));
  const bundle = shown[0]?.bundle;
  return bundle?.[`text/${kind}`];
}

const tex = String.raw`$\bar x$ and ${"${\\alpha}$"}`;

test.each([
  ["plain *text*", "plain *text*"],
  ["a ${x} b ${x + 1}", "a 2 b 3"],
  ["${x}${x}", "22"],
  ["${`n = ${x}`}", "n = 2"],
  ["${{ a: '}' }.a}", "}"],
  ["${x // two\n}!", "2!"],
  ["${[1, 2.123456789, null]}", "1, 2.12346, "],
  ["${await Promise.resolve(x)} ${x}", "2 2"],
  ["${Promise.resolve(x)}", "2"],
  ["${1 / 3} ${1e-20 / 3} ${12345678}", "0.333333 3.33333e-21 12345678"],
  ["${{ a: 1 }}", '{"a":1}'],
  ["${undefined}${null}", ""],
  ["\\${x}", "${x}"],
  ["`${x}` ``a ` ${x}`` ${x}", "`${x}` ``a ` ${x}`` 2"],
  ["```ts\n${x}\n```\n${x}", "```ts\n${x}\n```\n2"],
  ["~~~\n${x}", "~~~\n${x}"],
  ["a ` ${x}", "a ` 2"],
  ["a \\` ${x} `", "a \\` 2 `"],
  [tex, tex],
  ["costs $5 {x}", "costs $5 {x}"],
  ["${", "${"],
  ["${x", "${x"],
  ["数 ${x} 😀", "数 2 😀"],
])("%j reads %j", async (source, text) => {
  expect(await fill(source, { x: 2 })).toBe(text);
});

test("HTML escapes what is put in, unless it is HTML itself", async () => {
  const html = { kind: "displayable", bundle: { "text/html": "<b>1</b>", "text/plain": "1" } };
  expect(await fill("<p>${s} ${html}</p>", { s: "<i>&", html }, "html")).toBe(
    "<p>&#60;i&#62;&#38; <b>1</b></p>",
  );
  expect(await fill("`${s}`", { s: "x" }, "html")).toBe("`x`");
});

test("inputs are the free names of all expressions, once", () => {
  const { inputs, pieces, isAsync } = compileText("${a} ${b + a} ${Math.max(c)}", "markdown", "t");
  expect({ inputs, pieces, isAsync }).toEqual({
    inputs: ["a", "b", "c"],
    pieces: ["", " ", " ", ""],
    isAsync: false,
  });
});

test.each([
  ["text-expression", "warning", "${a b}", 1],
  ["text-expression", "warning", "x\n${a +}", 6],
  ["assign-foreign", "error", "${a = 1}", 3],
  ["text-context", "error", "${display(1)}", 3],
  ["import-dynamic", "error", "${import('x')}", 3],
])("%s (%s) in %j", (code, severity, source, column) => {
  const { diagnostics } = compileText(source, "markdown", "t");
  expect(diagnostics[0]).toMatchObject({ code, severity });
  expect(diagnostics[0]?.place?.column).toBe(column);
});

test("an expression that is none is left as it stands, and the others still work", async () => {
  expect(await fill("${a b} ${x}", { x: 2 })).toBe("${a b} 2");
});

test("expressions stand at their own place in the code", () => {
  const { body, firstLineOffset } = compileText("a ${x}\n\nb ${y}", "markdown", "t");
  const lines = body.split("\n");
  expect(lines[0]?.slice(firstLineOffset)).toBe("  ,(x)");
  expect(lines[2]).toBe("  ,(y)");
});

test("long texts without an end are read in linear time", () => {
  const time = cpuTime(() => {
    for (const piece of ["`", "${", "`a", "```\n", "$", "\\${", "``a`", "${`"]) {
      compileText(piece.repeat(piece.startsWith("${") ? 2000 : 20_000), "markdown", "t");
    }
  });
  expect(time).toBeLessThan(3000);
});
