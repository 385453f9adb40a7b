// @vitest-environment jsdom
import { expect, test, vi } from "vitest";
import type { Report } from "../../app/protocol/report.ts";
import { reportToHtml } from "../../main/backend/html/report.ts";

vi.hoisted(() => {
  globalThis.matchMedia = (() => ({ matches: false, addEventListener: () => {} })) as never;
  globalThis.IntersectionObserver = class {
    observe() {}
    disconnect() {}
  } as never;
});
const { showReport } = await import("../../renderer/outputs/report.ts");

const rewrite = { kind: "rewrite", from: "a", to: "b" } as const;
const report: Report = {
  summary: "x",
  blocks: [
    {
      kind: "actions",
      label: "Methods",
      list: true,
      actions: [
        { label: "aipw", detail: "<b>robust</b>", pressed: true, does: rewrite },
        { label: "ipw", detail: "weights", pressed: false, does: rewrite },
      ],
    },
    {
      kind: "actions",
      label: "Pin",
      actions: [{ label: "Pin this result", does: { kind: "keep", key: "pin", value: 1 } }],
    },
  ],
};
const ports = {
  cell: "here",
  setInput: vi.fn(),
  savedInput: () => undefined,
  goTo: vi.fn(),
  nameOf: (id: string) => id,
  assumption: () => true,
  setAssumption: vi.fn(),
};

test("a press hands on what the action says; what is chosen is told without colour", () => {
  const act = vi.fn();
  const { element } = showReport(report, { ...ports, act });
  const buttons = [...element.querySelectorAll("button")];
  expect(buttons.map((one) => one.getAttribute("aria-pressed"))).toEqual(["true", "false", null]);
  expect(element.querySelector("b")).toBeNull();
  buttons[1]!.click();
  buttons[2]!.click();
  expect(act.mock.calls.map(([does]) => (does as { kind: string }).kind)).toEqual([
    "rewrite",
    "keep",
  ]);
  expect(element.querySelector("[role=group]")?.getAttribute("aria-label")).toBe("Methods");
});

test("where nothing can be done the buttons cannot be pressed, and a page without script lists them", async () => {
  const { element } = showReport(report, ports);
  expect([...element.querySelectorAll("button")].every((one) => one.disabled)).toBe(true);
  const html = await reportToHtml(report);
  expect(html).toContain("<b>aipw</b> (chosen): &lt;b&gt;robust&lt;/b&gt;");
  expect(html).toContain("ipw: weights");
  expect(html).not.toContain("Pin this result");
  expect(html).not.toContain("<button");
});
