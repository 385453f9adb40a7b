import { UserError } from "../../app/errors.ts";

type Exports = Readonly<Record<string, unknown>>;

/** Packages that a TypeScript cell may import, each loaded when first used. */
const bundled: Readonly<Record<string, () => Promise<Exports>>> = {
  "dagbok/graph": () => import("../graph/index.ts"),
  "dagbok/identify": () => import("../identify/index.ts"),
  "dagbok/estimate": () => import("../estimate/index.ts"),
  "dagbok/neural": () => import("../estimate/neural/index.ts"),
  "dagbok/forest": () => import("../estimate/forest/index.ts"),
  "dagbok/judge": () => import("../estimate/judge/index.ts"),
  "dagbok/counterfactual": () => import("../counterfactual/index.ts"),
  "dagbok/data": () => import("./data-module.ts"),
  "dagbok/math": () => import("./math-module.ts"),
};

export const moduleNames: readonly string[] = Object.keys(bundled);

export function loadModule(name: string): Promise<Exports> {
  const load = Object.hasOwn(bundled, name) ? bundled[name] : undefined;
  if (load !== undefined) return load();
  throw new UserError({
    code: "import-unknown",
    message: `There is no package ${name} here.`,
    value: name,
    expected: moduleNames.join(", "),
  });
}
