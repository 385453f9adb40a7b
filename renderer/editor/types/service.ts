import type { TypeCell, TypeFinding } from "./cells.ts";
import type { Compiler, Ts } from "./compiler.ts";
import { type CellFacts, factsOf } from "./facts.ts";
import { findingsOf, type Literals, plainTypes } from "./findings.ts";
import { MemoryHost } from "./host.ts";
import { cachePath, type CellModule, moduleOf, modulePath, outOf, outPath } from "./module.ts";
import { type Links, link } from "./notebook.ts";

/**
 * How far a cell's check has come. `dirty`: its text or something it uses has changed. `maybe`: something upstream
 * is dirty, and only when that turns out to give other types need this cell be looked at.
 */
type State = "dirty" | "maybe" | "clean";

export interface Entry {
  cell: TypeCell;
  facts: CellFacts;
  module: CellModule | undefined;
  state: State;
  findings: readonly TypeFinding[];
  /** Declarations made at the last check: what others are checked against while this cell does not change. */
  declared: string | undefined;
  /** What others saw of it at the last check. */
  shape: string | undefined;
}

/**
 * The notebook as one program, checked cell by cell. A cell that has been checked is known to its dependents by the
 * declarations made of it, so that an edit costs its own cell and those whose inputs took on another type; cells
 * that are being changed, and all that rest on them, are known by their text. Text only: nothing is ever run.
 */
export class TypeService {
  readonly ts: Compiler;
  readonly host: MemoryHost;
  readonly language: Ts.LanguageService;
  readonly library: ReadonlySet<string>;
  readonly entries = new Map<string, Entry>();
  links: Links = link([], new Set());
  #page: readonly string[] = [];

  constructor(ts: Compiler, files: Readonly<Record<string, string>>) {
    this.ts = ts;
    this.host = new MemoryHost(ts, files);
    this.language = ts.createLanguageService(this.host);
    this.host.write(
      "/library-probe.ts",
      'import * as library from "/overlay/library.d.ts"; library;',
    );
    this.host.setRoot("/library-probe.ts");
    this.library = new Set(this.#libraryNames());
  }

  /** The cells in page order. What is not affected keeps its findings. */
  setCells(cells: readonly TypeCell[]): void {
    const present = new Set(cells.map(({ id }) => id));
    for (const id of this.entries.keys()) {
      if (present.has(id)) continue;
      this.entries.delete(id);
      for (const path of [modulePath(id), outPath(id), cachePath(id)]) this.host.remove(path);
    }
    for (const cell of cells) this.#adopt(cell);
    this.#page = cells.map(({ id }) => id);
    const order = cells.flatMap(({ id }) => this.entries.get(id) ?? []);
    this.links = link(order, this.library);
    for (const entry of order) this.#relink(entry);
    this.#spread();
    for (const { cell } of order) this.#writeOut(cell.id);
  }

  /** The first cell that is to be checked: of those preferred, else of all in order of need. */
  next(preferred: readonly string[] = []): string | undefined {
    const due = (id: string): boolean => this.entries.get(id)?.state !== "clean";
    return preferred.find((id) => this.entries.has(id) && due(id)) ?? this.links.order.find(due);
  }

  /** What is wrong with the cell's types. Checks whatever it rests on first. */
  diagnostics(id: string): readonly TypeFinding[] {
    const entry = this.entries.get(id);
    if (entry === undefined) return [];
    if (entry.state !== "clean") for (const each of this.upstreamOf(id)) this.#settle(each);
    return entry.findings;
  }

  /**
   * To be called when nothing is left to check and nobody waits: gives the checker the declarations made since, so
   * that the next edit finds everything around it at hand.
   */
  rest(): void {
    if (this.next() !== undefined) return;
    for (const id of this.entries.keys()) this.#writeOut(id);
    this.#program().getTypeChecker();
  }

  /** The findings as they stand, without checking. */
  findings(id: string): readonly TypeFinding[] {
    return this.entries.get(id)?.findings ?? [];
  }

  /** The cell and all it rests on, what is needed first. */
  upstreamOf(id: string): readonly string[] {
    const needed = new Set([id]);
    for (const each of needed) for (const up of this.links.upstream.get(each) ?? []) needed.add(up);
    return needed.size === 1 ? [id] : this.links.order.filter((each) => needed.has(each));
  }

  /** Makes every given cell known by its text instead of by declarations, so that symbols lead back to it. */
  enliven(ids: readonly string[]): void {
    for (const id of ids) this.#writeOut(id, true);
    for (const id of this.links.order)
      if (ids.includes(id)) this.#program().getSemanticDiagnostics(this.#source(id));
  }

  /** Leaves a cell unchecked that the checker cannot cope with. */
  giveUp(id: string): void {
    for (const each of this.upstreamOf(id)) {
      const entry = this.entries.get(each);
      if (entry !== undefined) entry.state = "clean";
    }
  }

  sourceOf(id: string): Ts.SourceFile | undefined {
    return this.#source(id);
  }

  dispose(): void {
    this.language.dispose();
  }

  #adopt(cell: TypeCell): void {
    const before = this.entries.get(cell.id);
    if (before !== undefined && isSame(before.cell, cell)) {
      before.cell = cell;
      return;
    }
    const facts = factsOf(this.ts, cell);
    if (before === undefined) {
      this.entries.set(cell.id, {
        cell,
        facts,
        module: undefined,
        state: "dirty",
        findings: [],
        declared: undefined,
        shape: undefined,
      });
    } else {
      before.cell = cell;
      before.facts = facts;
      before.state = "dirty";
    }
  }

  #relink(entry: Entry): void {
    const { id } = entry.cell;
    const module = moduleOf(entry.facts, this.links.sources.get(id) ?? new Map());
    entry.module = module;
    const path = modulePath(id);
    if (module === undefined) {
      this.host.remove(path);
      entry.declared = undefined;
      return;
    }
    this.host.setRoot(path);
    if (this.host.write(path, module.text)) entry.state = "dirty";
    // Whether a name is defined twice depends on other cells only.
    else if (this.#namesFindings(entry).length !== entry.findings.filter(isNames).length) {
      entry.state = "dirty";
    }
  }

  /** What rests on a dirty cell may have to be checked. */
  #spread(): void {
    const reached = new Set<string>();
    for (const [id, { state }] of this.entries) if (state === "dirty") reached.add(id);
    for (const id of reached) {
      for (const down of this.links.downstream.get(id) ?? []) reached.add(down);
    }
    for (const id of reached) {
      const entry = this.entries.get(id);
      if (entry?.state === "clean") entry.state = "maybe";
    }
  }

  #writeOut(id: string, live = false): void {
    const entry = this.entries.get(id);
    if (entry === undefined) return;
    const { facts, declared, state } = entry;
    const isLive = live || state !== "clean" || declared === undefined;
    this.host.write(cachePath(id), declared ?? "export {};");
    this.host.setRoot(outPath(id));
    this.host.write(outPath(id), outOf(facts.outputs, id, isLive));
  }

  #settle(id: string): void {
    const entry = this.entries.get(id);
    if (entry === undefined || entry.state === "clean") return;
    if (entry.state === "maybe") {
      // All it rests on has been settled, and nothing of it has changed its shape.
      entry.state = "clean";
      return;
    }
    entry.findings = [...this.#check(entry), ...this.#namesFindings(entry)].sort(
      (a, b) => a.start - b.start,
    );
    this.#declare(entry);
    entry.state = "clean";
    const shape = this.#shapeOf(entry);
    if (shape === entry.shape) return;
    entry.shape = shape;
    for (const down of this.links.downstream.get(id) ?? []) {
      const dependent = this.entries.get(down);
      if (dependent !== undefined) dependent.state = "dirty";
    }
  }

  #check(entry: Entry): readonly TypeFinding[] {
    const { module, facts, cell } = entry;
    const source = this.#source(cell.id);
    if (module === undefined || source === undefined) return [];
    const program = this.#program();
    const diagnostics = [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ];
    return findingsOf(this.ts, diagnostics, {
      facts,
      module,
      names: [...this.links.definers.keys(), ...this.library],
      typeAt: (start) => this.#typeAt(source, start),
      literalsAt: (start, end) => this.#literalsAt(source, start, end),
    });
  }

  /**
   * Writes down the types of what the cell gives, if they can be written down. The checker is given them with the next
   * change of cells: until then it knows the cell by its text, and keeps what it has worked out.
   */
  #declare(entry: Entry): void {
    const { cell, facts, module } = entry;
    entry.declared = undefined;
    if (module === undefined || facts.code.kind !== "ts" || facts.outputs.length === 0) return;
    const emitted = this.language.getEmitOutput(modulePath(cell.id), true, true);
    const text = emitted.outputFiles[0]?.text;
    const told = (emitted as unknown as { diagnostics?: readonly unknown[] }).diagnostics ?? [];
    if (text === undefined || told.length > 0) return;
    entry.declared = text.replace(
      /(["'])(?:\.\/|\/nb\/)([\w-]+?)(?:\.cache|\.out)?(?:\.d)?(?:\.ts)?\1/g,
      '"/nb/$2.out.ts"',
    );
  }

  /** What others see of it. A text without declarations of its own is seen whole. */
  #shapeOf({ facts, declared, module }: Entry): string {
    const passes = outOf(facts.outputs, "", true);
    return `${passes}\n${declared ?? (facts.outputs.every(({ pass }) => pass === "declared") ? "" : (module?.text ?? ""))}`;
  }

  /** Names that several cells define, and circles, where they stand. */
  #namesFindings({ cell, facts }: Entry): readonly TypeFinding[] {
    return facts.outputs.flatMap(({ name, place, pass }): readonly TypeFinding[] => {
      // Each cell may have a type of its own by the same name: there is nothing to collide when it runs.
      if (pass === "type") return [];
      const others = (this.links.definers.get(name) ?? []).filter((id) => id !== cell.id);
      if (others.length === 0 || place === undefined) return [];
      const [other] = others;
      const where = other === undefined ? "" : this.nameOf(other);
      return [
        {
          code: "duplicate-name",
          severity: "error",
          message: `${name} is also defined in ${where}.`,
          told: true,
          ...place,
        },
      ];
    });
  }

  /** What a person calls the cell. */
  nameOf(id: string): string {
    const at = this.#page.indexOf(id);
    const name = this.entries.get(id)?.cell.name;
    return name === undefined ? `cell ${at + 1}` : `the cell ${name}`;
  }

  #program(): Ts.Program {
    const program = this.language.getProgram();
    if (program === undefined) throw new Error("There is no program.");
    return program;
  }

  #source(id: string): Ts.SourceFile | undefined {
    return this.#program().getSourceFile(modulePath(id));
  }

  #typeAt(source: Ts.SourceFile, start: number): string {
    const { ts } = this;
    const node = nodeAt(ts, source, start, start + 1);
    if (node === undefined) return "something else";
    const checker = this.#program().getTypeChecker();
    const type = checker.getTypeAtLocation(node);
    const text = checker.typeToString(checker.getBaseTypeOfLiteralType(type));
    return plainTypes(text.length > 80 ? `${text.slice(0, 79)}…` : text);
  }

  /** The error may be told at the text itself or at the field it is given to. */
  #literalsAt(source: Ts.SourceFile, start: number, end: number): Literals | undefined {
    const { ts } = this;
    const found = nodeAt(ts, source, start, end);
    const node =
      found !== undefined && ts.isPropertyAssignment(found.parent) && found.parent.name === found
        ? found.parent.initializer
        : found;
    if (node === undefined || !ts.isStringLiteralLike(node)) return undefined;
    const type = this.#program().getTypeChecker().getContextualType(node);
    const parts = type === undefined ? [] : type.isUnion() ? type.types : [type];
    const choices = parts.flatMap((part) => (part.isStringLiteral() ? [part.value] : []));
    if (choices.length === 0 || choices.length < parts.length) return undefined;
    // In the checker their order depends on what it has seen before.
    choices.sort();
    return { text: node.text, start: node.getStart(source), end: node.end, choices };
  }

  #libraryNames(): readonly string[] {
    const program = this.#program();
    const source = program.getSourceFile("/overlay/library.d.ts");
    if (source === undefined) return [];
    const checker = program.getTypeChecker();
    const symbol = checker.getSymbolAtLocation(source);
    return symbol === undefined ? [] : checker.getExportsOfModule(symbol).map(({ name }) => name);
  }
}

function isNames(finding: TypeFinding): boolean {
  return finding.code === "duplicate-name";
}

/** Innermost node with exactly that range, else the innermost that holds it. */
export function nodeAt(
  ts: Compiler,
  source: Ts.SourceFile,
  start: number,
  end: number,
): Ts.Node | undefined {
  let found: Ts.Node | undefined;
  const visit = (node: Ts.Node): void => {
    if (node.pos > start || node.end < end) return;
    if (ts.skipTrivia(source.text, node.pos) <= start) found = node;
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isSame(a: TypeCell, b: TypeCell): boolean {
  return (
    a.source === b.source &&
    a.kind === b.kind &&
    a.name === b.name &&
    a.columnsOld === b.columnsOld &&
    JSON.stringify(a.outputs) === JSON.stringify(b.outputs) &&
    JSON.stringify(a.columns) === JSON.stringify(b.columns)
  );
}
