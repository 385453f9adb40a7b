import { UserError } from "../../app/errors.ts";
import { packages } from "./packages.ts";

type Exports = Readonly<Record<string, unknown>>;

/** What of ours a TypeScript cell may import, each loaded when first used. */
const bundled: Readonly<Record<string, () => Promise<Exports>>> = {
  "dagbok/graph": () => import("../graph/index.ts"),
  "dagbok/identify": () => import("../identify/index.ts"),
  "dagbok/estimate": () => import("../estimate/index.ts"),
  "dagbok/neural": () => import("../estimate/neural/index.ts"),
  "dagbok/forest": () => import("../estimate/forest/index.ts"),
  "dagbok/benchmark": () => import("../estimate/benchmark/index.ts"),
  "dagbok/judge": () => import("../estimate/judge/index.ts"),
  "dagbok/discover": () => import("../discover/index.ts"),
  "dagbok/counterfactual": () => import("../counterfactual/index.ts"),
  "dagbok/data": () => import("./data-module.ts"),
  "dagbok/math": () => import("./math-module.ts"),
};

export const moduleNames: readonly string[] = [...Object.keys(bundled), ...Object.keys(packages)];

export function loadModule(name: string): Promise<Exports> {
  const load = Object.hasOwn(bundled, name) ? bundled[name] : undefined;
  if (load !== undefined) return load();
  const found = Object.hasOwn(packages, name) ? packages[name] : undefined;
  if (found !== undefined) return found.load();
  throw new UserError({
    code: "import-unknown",
    message: `There is no package ${name} here.`,
    value: name,
    expected: moduleNames.join(", "),
  });
}

/** Versions of those of the modules that have one of their own. */
export function versionsOf(modules: Iterable<string>): Readonly<Record<string, string>> {
  const own = [...new Set(modules)].flatMap((name): readonly [string, string][] => {
    const version = Object.hasOwn(packages, name) ? packages[name]?.version : undefined;
    return version === undefined ? [] : [[name, version]];
  });
  return Object.fromEntries(own);
}
