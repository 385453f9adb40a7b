import { CONTEXT_NAMES, GLOBALS } from "../../../app/cell/globals.ts";
import type { RenameAnswer, RenameEdit, TypePlace } from "./cells.ts";
import { cellOf, modulePath } from "./module.ts";
import { identifierAt, notebookNameAt, usesIn } from "./names.ts";
import type { TypeService } from "./service.ts";

/** Where what stands at the offset is defined: in this cell, in another, or nowhere in the notebook. */
export function definitionAt(
  service: TypeService,
  id: string,
  offset: number,
): readonly TypePlace[] {
  const named = notebookNameAt(service, id, offset);
  if (named !== undefined) {
    return [{ cell: named.cell, start: named.place?.start ?? 0, end: named.place?.end ?? 0 }];
  }
  const at = service.entries.get(id)?.module?.map.toVirtual(offset);
  if (at === undefined) return [];
  service.enliven(service.upstreamOf(id));
  const found = service.language.getDefinitionAtPosition(modulePath(id), at) ?? [];
  return found.flatMap(({ fileName, textSpan }) => placeIn(service, fileName, textSpan) ?? []);
}

/** Every place in the notebook where what stands at the offset is written. */
export function referencesAt(
  service: TypeService,
  id: string,
  offset: number,
): readonly TypePlace[] {
  const named = notebookNameAt(service, id, offset);
  if (named !== undefined) {
    return cellsWith(service, named.cell).flatMap((cell) =>
      usesIn(service, cell, named.name).map(({ start, end }) => ({ cell, start, end })),
    );
  }
  const at = service.entries.get(id)?.module?.map.toVirtual(offset);
  if (at === undefined) return [];
  service.enliven(service.links.order);
  const found = service.language.getReferencesAtPosition(modulePath(id), at) ?? [];
  return found.flatMap(({ fileName, textSpan }) => placeIn(service, fileName, textSpan) ?? []);
}

/** What would be renamed, as it is now; a text says why it cannot be. */
export function renameAt(
  service: TypeService,
  id: string,
  offset: number,
): { readonly start: number; readonly end: number; readonly text: string } | string {
  const named = notebookNameAt(service, id, offset);
  if (named !== undefined) return { ...named.word, text: named.name };
  const found = identifierAt(service, id, offset);
  if (found === undefined) return "There is no name here.";
  const { text } = found.node;
  if (service.links.sources.get(id)?.get(text)?.kind === "library") {
    return `${text} comes with Dagbok.`;
  }
  return { ...found.word, text };
}

/**
 * Gives what stands at the offset another name, everywhere it is used: in code, in text, in causal cells. A name of
 * the notebook's keeps nobody waiting; a field makes the whole notebook known by its text first.
 */
export function rename(service: TypeService, id: string, offset: number, to: string): RenameAnswer {
  if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(to)) {
    return { kind: "refused", reason: `"${to}" is not a name.` };
  }
  const named = notebookNameAt(service, id, offset);
  return named === undefined
    ? renameSymbol(service, id, offset, to)
    : renameName(service, named.name, named.cell, named.place === undefined, to);
}

function renameName(
  service: TypeService,
  name: string,
  definer: string,
  byCellName: boolean,
  to: string,
): RenameAnswer {
  if (name === to) return { kind: "rename", edits: [] };
  const taken = service.links.definers.get(to)?.[0];
  if (taken !== undefined) {
    return { kind: "refused", reason: `${to} is already defined in ${service.nameOf(taken)}.` };
  }
  if (GLOBALS.has(to) || (CONTEXT_NAMES as readonly string[]).includes(to)) {
    return { kind: "refused", reason: `${to} is built in.` };
  }
  const edits = cellsWith(service, definer).flatMap((cell) => {
    const text = (start: number, end: number, before = "", after = ""): RenameEdit => ({
      kind: "text",
      cell,
      start,
      end,
      text: `${before}${to}${after}`,
    });
    return usesIn(service, cell, name).map(({ start, end, before, after }) =>
      text(start, end, before, after),
    );
  });
  return {
    kind: "rename",
    // A cell that was called like what it makes goes on being so.
    edits:
      byCellName || service.entries.get(definer)?.cell.name === name
        ? [...edits, { kind: "name", cell: definer, value: to }]
        : edits,
  };
}

function renameSymbol(service: TypeService, id: string, offset: number, to: string): RenameAnswer {
  const at = service.entries.get(id)?.module?.map.toVirtual(offset);
  if (at === undefined) return { kind: "refused", reason: "There is no name here." };
  service.enliven(service.links.order);
  const path = modulePath(id);
  const info = service.language.getRenameInfo(path, at, {});
  if (!info.canRename) return { kind: "refused", reason: info.localizedErrorMessage };
  const found =
    service.language.findRenameLocations(path, at, false, false, {
      providePrefixAndSuffixTextForRename: true,
    }) ?? [];
  const edits: RenameEdit[] = [];
  for (const { fileName, textSpan, prefixText = "", suffixText = "" } of found) {
    if (fileName.startsWith("/nb/") && cellOf(fileName) === undefined) continue;
    const place = placeIn(service, fileName, textSpan);
    if (place === undefined) {
      if (fileName.startsWith("/nb/")) continue;
      return { kind: "refused", reason: "It comes with Dagbok and keeps its name." };
    }
    edits.push({ kind: "text", ...place, text: `${prefixText}${to}${suffixText}` });
  }
  return { kind: "rename", edits };
}

/** The cell that defines something and those that use what it defines. */
function cellsWith(service: TypeService, definer: string): readonly string[] {
  return [definer, ...(service.links.downstream.get(definer) ?? [])];
}

function placeIn(
  service: TypeService,
  file: string,
  span: { readonly start: number; readonly length: number },
): TypePlace | undefined {
  const cell = cellOf(file);
  const module = cell === undefined ? undefined : service.entries.get(cell)?.module;
  const range = module?.map.range(span.start, span.start + span.length);
  return cell === undefined || range === undefined ? undefined : { cell, ...range };
}
