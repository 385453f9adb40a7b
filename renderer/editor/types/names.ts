import type { TypePlace } from "./cells.ts";
import type { Ts } from "./compiler.ts";
import { outputNamed } from "./notebook.ts";
import { modulePath } from "./module.ts";
import { nodeAt, type TypeService } from "./service.ts";

/** A name of the notebook's: what a cell defines at its top, wherever it is used. */
export interface NotebookName {
  readonly name: string;
  /** The cell that defines it. */
  readonly cell: string;
  /** Where in that cell's text; absent when it is the cell's own name. */
  readonly place?: { readonly start: number; readonly end: number };
  /** The word asked about. */
  readonly word: { readonly start: number; readonly end: number };
}

/** The notebook's name that stands at an offset of a cell's text, if one does. */
export function notebookNameAt(
  service: TypeService,
  id: string,
  offset: number,
): NotebookName | undefined {
  const entry = service.entries.get(id);
  if (entry === undefined) return undefined;
  const own = entry.facts.outputs.find(
    ({ place }) => place !== undefined && place.start <= offset && place.end >= offset,
  );
  if (own?.place !== undefined) {
    return { name: own.name, cell: id, place: own.place, word: own.place };
  }
  const found = identifierAt(service, id, offset);
  if (found === undefined) return undefined;
  const { node, word } = found;
  const source = service.links.sources.get(id)?.get(node.text);
  const local = outputNamed(entry.facts, node.text);
  const definer = source?.kind === "cell" ? source.cell : local === undefined ? undefined : id;
  if (definer === undefined || !refersToTop(service, id, node)) return undefined;
  const facts = service.entries.get(definer)?.facts;
  const output = facts === undefined ? undefined : outputNamed(facts, node.text);
  if (output === undefined) return undefined;
  return {
    name: node.text,
    cell: definer,
    word,
    ...(output.place === undefined ? {} : { place: output.place }),
  };
}

/** The identifier at an offset of the cell's text. */
export function identifierAt(
  service: TypeService,
  id: string,
  offset: number,
): { readonly node: Ts.Identifier; readonly word: { start: number; end: number } } | undefined {
  const module = service.entries.get(id)?.module;
  const source = service.sourceOf(id);
  const at = module?.map.toVirtual(offset);
  if (module === undefined || source === undefined || at === undefined) return undefined;
  for (const start of [at, at - 1]) {
    const node = nodeAt(service.ts, source, start, start + 1);
    if (node === undefined || !service.ts.isIdentifier(node)) continue;
    const word = module.map.range(node.getStart(source), node.end);
    if (word !== undefined) return { node, word };
  }
  return undefined;
}

/** Whether the identifier means the name at the cell's top (its own or taken), not a local one or a property. */
function refersToTop(service: TypeService, id: string, node: Ts.Identifier): boolean {
  const { ts } = service;
  const program = service.language.getProgram();
  const checker = program?.getTypeChecker();
  const shorthand = ts.isShorthandPropertyAssignment(node.parent) && node.parent.name === node;
  const symbol = shorthand
    ? checker?.getShorthandAssignmentValueSymbol(node.parent)
    : checker?.getSymbolAtLocation(node);
  if (symbol === undefined) return false;
  return (symbol.declarations ?? []).some((declaration) => {
    if (declaration.getSourceFile().fileName !== modulePath(id)) return false;
    if (ts.isImportSpecifier(declaration)) return true;
    const scope = enclosing(ts, declaration);
    return scope !== undefined && ts.isSourceFile(scope);
  });
}

/** What a top-level declaration stands in: the file, when it is one. */
function enclosing(ts: TypeService["ts"], declaration: Ts.Declaration): Ts.Node | undefined {
  let node: Ts.Node = declaration;
  while (
    ts.isBindingElement(node) ||
    ts.isObjectBindingPattern(node) ||
    ts.isArrayBindingPattern(node) ||
    ts.isVariableDeclaration(node) ||
    ts.isVariableDeclarationList(node) ||
    ts.isVariableStatement(node) ||
    node === declaration
  ) {
    if (node.parent === undefined) return undefined;
    node = node.parent;
  }
  return node;
}

/** Where the name is written in a cell: its declaration and every use. */
export function usesIn(service: TypeService, id: string, name: string): readonly NameUse[] {
  const entry = service.entries.get(id);
  if (entry === undefined) return [];
  const { module, facts } = entry;
  if (facts.code.kind === "uses") {
    const { uses, outputs } = facts.code.causal;
    return [
      ...outputs.flatMap((output) =>
        output.name === name && output.place !== undefined ? [output.place] : [],
      ),
      ...uses.filter((use) => use.name === name).map(({ start, end }) => ({ start, end })),
    ].sort((a, b) => a.start - b.start);
  }
  const source = service.sourceOf(id);
  if (module === undefined || source === undefined) return [];
  // A name it takes stands in an import before the user's text, which leads to all its uses.
  const begin = module.map.toVirtual(0) ?? 0;
  const pattern = new RegExp(`[{,]${name.replaceAll("$", "\\$")}[,}]`);
  const taken = pattern.exec(module.text.slice(0, begin))?.index;
  const declared = outputNamed(facts, name)?.place;
  const at =
    declared !== undefined
      ? module.map.toVirtual(declared.start)
      : taken === undefined
        ? undefined
        : taken + 1;
  if (at === undefined) return [];
  const found = service.language.findRenameLocations(modulePath(id), at, false, false, {
    providePrefixAndSuffixTextForRename: true,
  });
  return (found ?? [])
    .filter(({ fileName }) => fileName === modulePath(id))
    .flatMap(({ textSpan, prefixText, suffixText }): readonly NameUse[] => {
      if (textSpan.start < begin) return [];
      const range = module.map.range(textSpan.start, textSpan.start + textSpan.length);
      return range === undefined
        ? []
        : [
            {
              ...range,
              ...(prefixText === undefined ? {} : { before: prefixText }),
              ...(suffixText === undefined ? {} : { after: suffixText }),
            },
          ];
    });
}

export interface NameUse {
  readonly start: number;
  readonly end: number;
  /** To be written around a new name, where the old one is also a field's: `{x}` becomes `{x: y}`. */
  readonly before?: string;
  readonly after?: string;
}

export type { TypePlace };
