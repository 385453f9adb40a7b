import type { Identifier, ImportDeclaration, Literal } from "acorn";
import type { Finding } from "./place.ts";

/** One name that a cell takes from a bundled package. */
export interface CellImport {
  readonly module: string;
  /** The exported name; `*` for all of them as one object. */
  readonly name: string;
  readonly local: string;
}

export interface FoundImports {
  readonly imports: readonly CellImport[];
  readonly findings: readonly Finding[];
}

export function findImports(
  declarations: readonly ImportDeclaration[],
  modules: readonly string[],
): FoundImports {
  const findings: Finding[] = [];
  const imports = declarations.flatMap((declaration) => {
    const module = String(declaration.source.value);
    if (!modules.includes(module)) findings.push(unknownModule(module, declaration, modules));
    return declaration.specifiers.map((specifier): CellImport => {
      const local = specifier.local.name;
      if (specifier.type === "ImportNamespaceSpecifier") return { module, name: "*", local };
      const name = specifier.type === "ImportSpecifier" ? nameOf(specifier.imported) : "default";
      return { module, name, local };
    });
  });
  return { imports, findings };
}

function nameOf(imported: Identifier | Literal): string {
  return imported.type === "Identifier" ? imported.name : String(imported.value);
}

function unknownModule(
  module: string,
  { source }: ImportDeclaration,
  modules: readonly string[],
): Finding {
  return {
    code: "import-unknown",
    message: `There is no package ${JSON.stringify(module)} to import: a notebook uses only what comes with Dagbok.`,
    hint:
      modules.length === 0
        ? "The library's functions can be used without an import."
        : `Packages: ${modules.join(", ")}.`,
    start: source.start,
    end: source.end,
  };
}
