import type {
  TypeCompletion,
  TypeDetails,
  TypeFinding,
  TypeFix,
  TypeHover,
  TypeSignatures,
} from "./cells.ts";
import type { Ts } from "./compiler.ts";
import { plainTypes } from "./findings.ts";
import { modulePath, outPath } from "./module.ts";
import { notebookNameAt } from "./names.ts";
import { nodeAt, type TypeService } from "./service.ts";

const preferences = {
  includeCompletionsWithInsertText: true,
  includeCompletionsForModuleExports: false,
  includeCompletionsWithClassMemberSnippets: false,
} satisfies Ts.UserPreferences;

/** What could stand at the offset: the checker's own list, and names of other cells that this one does not use yet. */
export function completionsAt(
  service: TypeService,
  id: string,
  offset: number,
): readonly TypeCompletion[] {
  const entry = service.entries.get(id);
  const at = entry?.module?.map.toVirtual(offset);
  const source = service.sourceOf(id);
  if (entry?.module === undefined || at === undefined || source === undefined) return [];
  const packages = packagesAt(
    service,
    source,
    at,
    entry.module.map.toSource.bind(entry.module.map),
  );
  if (packages !== undefined) return packages;
  const found = service.language.getCompletionsAtPosition(modulePath(id), at, preferences);
  if (found === undefined) return [];
  const list: TypeCompletion[] = [];
  const seen = new Set<string>();
  for (const item of found.entries) {
    if (
      item.name.includes("$$") ||
      item.name === "globalThis" ||
      item.kind === service.ts.ScriptElementKind.warning
    )
      continue;
    seen.add(item.name);
    const replaced = item.replacementSpan;
    const range =
      replaced === undefined
        ? undefined
        : entry.module.map.range(replaced.start, replaced.start + replaced.length);
    list.push({
      label: item.name,
      kind: item.kind,
      sort: item.sortText,
      ...(item.insertText === undefined ? {} : { insert: item.insertText }),
      ...(range === undefined ? {} : { replace: range }),
    });
  }
  // Names at large are wanted where the built-in ones are offered.
  if (!seen.has("undefined") || insideText(service, source, at)) return list;
  for (const [name, definers] of service.links.definers) {
    if (seen.has(name) || definers.includes(id)) continue;
    seen.add(name);
    const [cell = ""] = definers;
    const pass = service.entries.get(cell)?.facts.outputs.find((o) => o.name === name)?.pass;
    list.push({ label: name, kind: pass === "type" ? "interface" : "const", sort: "11" });
  }
  for (const name of service.library) {
    if (!seen.has(name)) list.push({ label: name, kind: "function", sort: "12" });
  }
  return list;
}

function insideText(service: TypeService, source: Ts.SourceFile, at: number): boolean {
  const node = nodeAt(service.ts, source, at - 1, at);
  return node !== undefined && service.ts.isStringLiteralLike(node);
}

/** Names of packages, inside the quotes of an import. */
function packagesAt(
  service: TypeService,
  source: Ts.SourceFile,
  at: number,
  toSource: (offset: number) => number | undefined,
): readonly TypeCompletion[] | undefined {
  const { ts } = service;
  const node = nodeAt(ts, source, at - 1, at);
  if (node === undefined || !ts.isStringLiteral(node)) return undefined;
  if (!ts.isImportDeclaration(node.parent)) return undefined;
  const start = toSource(node.getStart(source) + 1);
  const end = toSource(node.end - 1);
  if (start === undefined || end === undefined || end < start) return [];
  return service.host.modules.map((label) => ({
    label,
    kind: "module",
    sort: "11",
    replace: { start, end },
  }));
}

/** Signature and comment of one completion. */
export function detailsOf(
  service: TypeService,
  id: string,
  offset: number,
  label: string,
): TypeDetails | undefined {
  const at = service.entries.get(id)?.module?.map.toVirtual(offset);
  if (at === undefined) return undefined;
  const found = service.language.getCompletionEntryDetails(
    modulePath(id),
    at,
    label,
    undefined,
    undefined,
    preferences,
    undefined,
  );
  if (found !== undefined) {
    const from = definition(service, id, label);
    return {
      signature: signatureText(found.displayParts),
      doc: docText(found.documentation, found.tags) || (from?.doc ?? ""),
    };
  }
  return definition(service, id, label) ?? libraryDetails(service, label);
}

/** What a name of another cell's is, told where it is defined. */
function definition(service: TypeService, id: string, name: string): TypeDetails | undefined {
  const cell = service.links.definers.get(name)?.[0];
  if (cell === undefined || cell === id) return undefined;
  const info = quickInfoOfOutput(service, cell, name);
  const own = ownInfo(service, cell, name);
  if (info === undefined) return undefined;
  return {
    signature: signatureText(info.displayParts),
    doc: docText(own?.documentation, own?.tags) || docText(info.documentation, info.tags),
  };
}

/** As others see it. */
function quickInfoOfOutput(
  service: TypeService,
  cell: string,
  name: string,
): Ts.QuickInfo | undefined {
  const text = service.host.text(outPath(cell)) ?? "";
  const at = text.search(new RegExp(`(?<=declare const |as )${name.replaceAll("$", "\\$")}\\b`));
  if (at < 0) return undefined;
  return service.language.getQuickInfoAtPosition(outPath(cell), at);
}

/** As it is written, with its comment. */
function ownInfo(service: TypeService, cell: string, name: string): Ts.QuickInfo | undefined {
  const entry = service.entries.get(cell);
  const place = entry?.facts.outputs.find((output) => output.name === name)?.place;
  if (entry?.module === undefined || place === undefined) return undefined;
  if (entry.facts.code.kind !== "ts") return undefined;
  const at = entry.module.map.toVirtual(place.start);
  return at === undefined
    ? undefined
    : service.language.getQuickInfoAtPosition(modulePath(cell), at);
}

function libraryDetails(service: TypeService, name: string): TypeDetails | undefined {
  if (!service.library.has(name)) return undefined;
  const program = service.language.getProgram();
  const source = program?.getSourceFile("/overlay/library.d.ts");
  const checker = program?.getTypeChecker();
  const module = source === undefined ? undefined : checker?.getSymbolAtLocation(source);
  const symbol =
    module === undefined
      ? undefined
      : checker?.getExportsOfModule(module).find((each) => each.name === name);
  if (checker === undefined || symbol === undefined) return undefined;
  const { ts } = service;
  const meant = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const type = checker.getTypeOfSymbol(meant);
  return {
    signature: plainTypes(`${name}: ${checker.typeToString(type)}`),
    doc: docText(meant.getDocumentationComment(checker), meant.getJsDocTags(checker)),
  };
}

export function hoverAt(service: TypeService, id: string, offset: number): TypeHover | undefined {
  const entry = service.entries.get(id);
  const at = entry?.module?.map.toVirtual(offset);
  if (entry?.module === undefined || at === undefined) return undefined;
  const info = service.language.getQuickInfoAtPosition(modulePath(id), at);
  if (info === undefined) return undefined;
  const { start, length } = info.textSpan;
  const range = entry.module.map.range(start, start + length);
  if (range === undefined) return undefined;
  const named = notebookNameAt(service, id, offset);
  const from = named === undefined || named.cell === id ? undefined : named.cell;
  const own =
    from === undefined || named === undefined ? undefined : ownInfo(service, from, named.name);
  return {
    signature: signatureText(info.displayParts),
    doc: docText(own?.documentation, own?.tags) || docText(info.documentation, info.tags),
    ...range,
    ...(from === undefined ? {} : { from }),
  };
}

export function signaturesAt(
  service: TypeService,
  id: string,
  offset: number,
): TypeSignatures | undefined {
  const at = service.entries.get(id)?.module?.map.toVirtual(offset);
  if (at === undefined) return undefined;
  const found = service.language.getSignatureHelpItems(modulePath(id), at, undefined);
  if (found === undefined) return undefined;
  return {
    active: found.selectedItemIndex,
    parameter: found.argumentIndex,
    signatures: found.items.map((item) => {
      let label = plain(item.prefixDisplayParts);
      const parameters = item.parameters.map((parameter, k) => {
        if (k > 0) label += plain(item.separatorDisplayParts);
        const start = label.length;
        label += plain(parameter.displayParts);
        return {
          start,
          end: label.length,
          doc: textOf(parameter.documentation).replace(/^-\s*/, ""),
        };
      });
      label += plain(item.suffixDisplayParts);
      return { label, parameters, doc: docText(item.documentation, item.tags) };
    }),
  };
}

/** Ways to mend what is wrong in a range: the checker's own, and the nearest name. */
export function fixesAt(
  service: TypeService,
  id: string,
  start: number,
  end: number,
  more: readonly TypeFinding[] = [],
): readonly TypeFix[] {
  const entry = service.entries.get(id);
  if (entry === undefined) return [];
  const { module } = entry;
  const fixes: TypeFix[] = [];
  const add = (title: string, edits: TypeFix["edits"]): void => {
    if (edits.length > 0 && !fixes.some((fix) => fix.title === title)) fixes.push({ title, edits });
  };
  for (const finding of [...entry.findings, ...more]) {
    if (finding.end < start || finding.start > end) continue;
    const near = /Did you mean ('?)("?)(.+?)\2\1\?/.exec(finding.message);
    if (near !== null && !finding.code.startsWith("ts25")) {
      const quoted = /^["']/.exec(entry.cell.source.slice(finding.start))?.[0] ?? "";
      const word = (near[3] ?? "").replaceAll('"', "");
      const text = quoted === "" ? word : `${quoted}${word}${quoted}`;
      add(`Change to ${text}`, [{ start: finding.start, end: finding.end, text }]);
    }
    const code = Number(/^ts(\d+)$/.exec(finding.code)?.[1] ?? Number.NaN);
    const at = module?.map.toVirtual(finding.start);
    if (Number.isNaN(code) || module === undefined || at === undefined) continue;
    const found = service.language.getCodeFixesAtPosition(
      modulePath(id),
      at,
      at + finding.end - finding.start,
      [code],
      {},
      {},
    );
    for (const { description, changes } of found) {
      const edits = changes.flatMap(({ fileName, textChanges }) =>
        fileName !== modulePath(id)
          ? []
          : textChanges.flatMap(({ span, newText }) => {
              const range = module.map.range(span.start, span.start + span.length);
              return range === undefined ? [] : [{ ...range, text: newText }];
            }),
      );
      const all = changes.reduce((sum, change) => sum + change.textChanges.length, 0);
      // One that also changes what is not the user's text is no fix of theirs.
      if (edits.length === all) add(plainTypes(description), edits);
    }
  }
  return fixes;
}

function signatureText(parts: readonly Ts.SymbolDisplayPart[] | undefined): string {
  return plain(parts)
    .replace(/^\(alias\) /, "")
    .replace(/\n(?:import|export) [\s\S]*$/, "")
    .replace(/\bUnwrap\$\$</g, "Unwrap<");
}

function plain(parts: readonly Ts.SymbolDisplayPart[] | undefined): string {
  return plainTypes(textOf(parts));
}

function textOf(parts: readonly { readonly text: string }[] | undefined): string {
  return (parts ?? []).map(({ text }) => text).join("");
}

function docText(
  parts: readonly Ts.SymbolDisplayPart[] | undefined,
  tags: readonly Ts.JSDocTagInfo[] | undefined,
): string {
  const told = (tags ?? []).map(({ name, text }) => `*@${name}* ${textOf(text)}`);
  return [textOf(parts), ...told].filter((line) => line !== "").join("\n\n");
}
