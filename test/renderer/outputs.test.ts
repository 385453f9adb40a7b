// @vitest-environment jsdom
import { expect, test, vi } from "vitest";

vi.hoisted(() => {
  globalThis.matchMedia = (() => ({ matches: false, addEventListener: () => {} })) as never;
  globalThis.IntersectionObserver = class {
    observe() {}
    disconnect() {}
  } as never;
});
const { renderMarkdown, headingsOf } = await import("../../renderer/outputs/markdown.ts");
const { OutputController } = await import("../../renderer/outputs/controller.ts");
const { failureElement } = await import("../../renderer/outputs/error.ts");

const ports = {
  cell: "here",
  setInput: vi.fn(),
  savedInput: () => undefined,
  goTo: vi.fn(),
  nameOf: (id: string) => `name of ${id}`,
  assumption: () => true,
  setAssumption: vi.fn(),
};

const hostile = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "[a](javascript:alert(1))",
  "[a](data:text/html,<script>alert(1)</script>)",
  "![a](http://evil.example/x.png)",
  "![a](data:image/svg+xml;base64,PHN2Zz4=)",
  '<a href="http://evil.example" ping="http://evil.example">x</a>',
  "$\\href{javascript:alert(1)}{x}$",
  '$" onmouseover="alert(1)$',
  "<svg onload=alert(1)>",
];

test("Markdown never becomes active content and fetches nothing", () => {
  for (const text of hostile) {
    const element = renderMarkdown(text);
    expect(element.querySelectorAll("script, iframe, svg, form, object, embed")).toHaveLength(0);
    for (const node of element.querySelectorAll("*")) {
      for (const { name } of node.attributes) expect(name.startsWith("on")).toBe(false);
    }
    for (const link of element.querySelectorAll("a")) {
      expect(link.getAttribute("href")).toMatch(/^(https?:|mailto:|#)/);
    }
    for (const image of element.querySelectorAll("img")) {
      expect(image.getAttribute("src")).toMatch(/^data:image\//);
    }
  }
});

test("formulas are told from prices", () => {
  expect(renderMarkdown("It costs $5 and $6.").querySelector("[data-tex]")).toBeNull();
  const math = renderMarkdown("Here $P(y \\mid do(x))$ and $$\\sum_x$$").querySelectorAll(
    "[data-tex]",
  );
  expect([...math].map((node) => node.getAttribute("data-tex"))).toEqual([
    "P(y \\mid do(x))",
    "\\sum_x",
  ]);
});

test("headings outside code are the outline", () => {
  expect(headingsOf("# A\n```\n# no\n```\n### B **b**")).toEqual([
    { level: 1, text: "A" },
    { level: 3, text: "B b" },
  ]);
});

test("HTML goes into a frame that may do nothing; SVG into an image", () => {
  const controller = new OutputController(ports);
  controller.update([
    { "text/plain": "h", "text/html": "<b>hi</b><script>1</script>" },
    { "text/plain": "a picture", "image/svg+xml": "<svg onload='x()'/>" },
  ]);
  const frame = controller.element.querySelector("iframe");
  expect(frame?.getAttribute("sandbox")).toBe("");
  expect(frame?.srcdoc).toContain("default-src 'none'");
  const image = controller.element.querySelector("img");
  expect(image?.src.startsWith("data:image/svg+xml")).toBe(true);
  expect(image?.alt).toBe("a picture");
  expect(controller.element.querySelector("svg")).toBeNull();
});

test("a re-run that describes the same control keeps it and the focus in it", () => {
  const controller = new OutputController(ports);
  document.body.append(controller.element);
  const bundle = (value: number, max = 10) => ({
    "text/plain": "dose",
    "application/vnd.dagbok.input+json": {
      key: "dose",
      value,
      input: {
        kind: "input",
        widget: "range",
        label: "dose",
        initial: 5,
        options: { min: 0, max, step: 1 },
      },
    },
  });
  controller.update([bundle(5)]);
  const slider = controller.element.querySelector<HTMLInputElement>("input[type=range]");
  slider?.focus();
  controller.update([bundle(7)]);
  expect(document.activeElement).toBe(slider);
  expect(controller.element.querySelector("input[type=range]")).toBe(slider);
  if (slider) slider.value = "3";
  slider?.dispatchEvent(new Event("input"));
  expect(ports.setInput).toHaveBeenLastCalledWith("dose", 3);
  controller.update([bundle(7, 20)]);
  expect(controller.element.querySelector("input[type=range]")).not.toBe(slider);
});

test("every control has a name", () => {
  const controller = new OutputController(ports);
  const widgets = [
    "range",
    "number",
    "text",
    "textarea",
    "select",
    "multi-select",
    "radio",
    "checkbox",
    "toggle",
    "color",
    "button",
    "table",
  ];
  controller.update(
    widgets.map((widget) => ({
      "text/plain": widget,
      "application/vnd.dagbok.input+json": {
        key: widget,
        value: undefined,
        input: {
          kind: "input",
          widget,
          initial: 0,
          options: { labels: ["a"], values: ["a"], columns: ["c"], rows: [["r"]] },
        },
      },
    })),
  );
  for (const control of controller.element.querySelectorAll<HTMLInputElement>(
    "input, select, textarea, button",
  )) {
    const name =
      control.getAttribute("aria-label") ?? control.labels?.[0]?.textContent ?? control.textContent;
    expect(name, control.outerHTML).toBeTruthy();
  }
});

test("a bundle that is not what its type promises leaves its text", () => {
  const controller = new OutputController(ports);
  const quiet = vi.spyOn(console, "error").mockImplementation(() => {});
  controller.update([
    { "text/plain": "readable", "application/vnd.dagbok.report+json": { blocks: 7 } },
  ]);
  expect(controller.element.textContent).toContain("readable");
  quiet.mockRestore();
});

test("a failure says what was seen, what was expected and what to do, and leads to its origin", () => {
  const own = failureElement(
    {
      kind: "runtime",
      error: { name: "UserError", code: "c", message: "No.", value: "v", expected: "e", hint: "h" },
    },
    ports,
  );
  for (const word of ["No.", "v", "e", "h"]) expect(own.textContent).toContain(word);
  const upstream = failureElement(
    { kind: "upstream", origin: "there", error: { name: "Error", message: "Boom." } },
    ports,
  );
  const link = upstream.querySelector("button");
  expect(link?.textContent).toBe("name of there");
  link?.click();
  expect(ports.goTo).toHaveBeenCalledWith("there");
});
