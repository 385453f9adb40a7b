import type { Block } from "../../app/protocol/report.ts";
import type { Effect } from "../estimate/effect.ts";

export interface CodeNames {
  /** The cell's own name, if it has one. */
  readonly name?: string;
  /** The table's variable. */
  readonly table: string;
  /** The variable whose claim the estimand has; absent for an association. */
  readonly claim?: string;
}

/** The call that gives the same numbers in a TypeScript cell, defaults written out. */
export function codeOf(effects: readonly Effect[], names: CodeNames): string {
  const base = `${names.name ?? "effect"}ByCode`;
  return effects
    .map((effect, k) => {
      const variable = effects.length === 1 ? base : `${base}${k + 1}`;
      const { population: _, claim, ...estimand } = effect.estimand;
      const fields = Object.entries(estimand).map(
        ([key, value]) => `    ${key}: ${literal(value)},`,
      );
      const claimed =
        claim === undefined
          ? []
          : names.claim === undefined
            ? [`    claim: ${literal(claim)},`]
            : [`    claim: ${names.claim}.claim,`];
      const options = {
        method: effect.method,
        ...(effect.seed === undefined ? {} : { seed: effect.seed }),
        ...effect.settings,
        ...Object.fromEntries(Object.entries(effect.options).filter(([, v]) => v !== null)),
      };
      const written = Object.entries(options).map(
        ([key, value]) => `    ${property(key)}: ${literal(value)},`,
      );
      return [
        `const ${variable} = await estimate(`,
        "  {",
        ...fields,
        ...claimed,
        "  },",
        `  ${names.table},`,
        "  {",
        ...written,
        "  },",
        ");",
        `display(${variable});`,
      ].join("\n");
    })
    .join("\n\n");
}

function property(key: string): string {
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key) ? key : JSON.stringify(key);
}

function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const pairs = Object.entries(value).filter(([, v]) => v !== undefined);
    return `{ ${pairs.map(([k, v]) => `${property(k)}: ${literal(v)}`).join(", ")} }`;
  }
  return JSON.stringify(value) ?? "undefined";
}

export function codeBlock(effects: readonly Effect[], names: CodeNames): readonly Block[] {
  if (effects.length === 0) return [];
  const text = codeOf(effects, names);
  return [
    {
      kind: "details",
      title: "The same in TypeScript",
      blocks: [
        { kind: "code", text, language: "ts" },
        {
          kind: "actions",
          label: "Code",
          actions: [
            {
              label: "Insert as a cell below",
              does: { kind: "insert", cell: "ts", source: text },
            },
          ],
        },
      ],
    },
  ];
}
