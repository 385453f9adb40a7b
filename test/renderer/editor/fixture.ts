import { createRequire } from "node:module";
import { cellTypes, typescriptFile } from "../../../main/cell-types.ts";
import type { TypeCell } from "../../../renderer/editor/types/cells.ts";
import type { Compiler } from "../../../renderer/editor/types/compiler.ts";
import { TypeService } from "../../../renderer/editor/types/service.ts";

export const ts = createRequire(import.meta.url)(typescriptFile) as Compiler;

let files: Readonly<Record<string, string>> | undefined;

export function typeFiles(): Readonly<Record<string, string>> {
  return (files ??= cellTypes());
}

export function createService(): TypeService {
  return new TypeService(ts, typeFiles());
}

/** `{a: "const x = 1", "data:d": "data = …"}`: cells in page order, TypeScript unless the key begins with a kind. */
export function cellsOf(
  texts: Readonly<Record<string, string | Partial<TypeCell>>>,
): readonly TypeCell[] {
  return Object.entries(texts).map(([key, value]) => {
    const [id = "", kind = "ts"] = key.split(":").toReversed();
    const given = typeof value === "string" ? { source: value } : value;
    return { id, kind, source: "", ...given };
  });
}
