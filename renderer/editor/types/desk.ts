import { causalCompletions, causalFindings, causalHover } from "../causal/assist.ts";
import { completionsAt, detailsOf, fixesAt, hoverAt, signaturesAt } from "./assist.ts";
import type { TypeCell, TypeFinding } from "./cells.ts";
import type { Compiler } from "./compiler.ts";
import type { Question, TypesEvent, TypesRequest } from "./messages.ts";
import type { MethodInfo } from "./methods.ts";
import { definitionAt, referencesAt, rename, renameAt } from "./navigate.ts";
import { TypeService } from "./service.ts";

/** Milliseconds of checking between two looks at what is waiting. */
const SLICE = 12;

/** So long after the last check the checker makes itself ready for the next edit. */
const REST_WAIT = 400;

export interface DeskPorts {
  readonly post: (event: TypesEvent) => void;
  /** Calls back soon, after messages that are waiting. */
  readonly later: (task: () => void) => void;
}

/**
 * Takes the notebook's changes and questions in the order they come, and checks in between, one cell at a time, so
 * that neither a new letter nor a question waits for more than one cell.
 */
export class TypesDesk {
  readonly #service: TypeService;
  readonly #ports: DeskPorts;
  readonly #methods: readonly MethodInfo[];
  readonly #cells = new Map<string, TypeCell>();
  readonly #told = new Map<string, string>();
  #order: readonly string[] = [];
  #preferred: readonly string[] = [];
  #stamp = 0;
  #busy = false;
  #resting: ReturnType<typeof setTimeout> | undefined;

  constructor(
    ts: Compiler,
    files: Readonly<Record<string, string>>,
    methods: readonly MethodInfo[],
    ports: DeskPorts,
  ) {
    this.#service = new TypeService(ts, files);
    this.#methods = methods;
    this.#ports = ports;
  }

  handle(request: TypesRequest): void {
    switch (request.type) {
      case "cells": {
        clearTimeout(this.#resting);
        this.#order = request.order;
        this.#stamp = request.stamp;
        for (const cell of request.changed) this.#cells.set(cell.id, cell);
        const present = new Set(request.order);
        for (const id of this.#cells.keys()) {
          if (present.has(id)) continue;
          this.#cells.delete(id);
          this.#told.delete(id);
        }
        // What changed is told anew even if the findings are the same: the page has let go of them.
        for (const { id } of request.changed) this.#told.delete(id);
        this.#service.setCells(this.#order.flatMap((id) => this.#cells.get(id) ?? []));
        this.#work();
        return;
      }
      case "prefer":
        this.#preferred = request.cells;
        return;
      case "ask":
        try {
          const answer = this.#answer(request.question);
          this.#ports.post({ type: "answer", request: request.request, answer });
        } catch (error) {
          this.#ports.post({ type: "failed", request: request.request, message: messageOf(error) });
        }
    }
  }

  #work(): void {
    if (this.#busy) return;
    this.#busy = true;
    this.#ports.later(() => this.#step());
  }

  /** As much as fits between two frames, then what is waiting comes first. */
  #step(): void {
    this.#busy = false;
    const until = performance.now() + SLICE;
    while (this.#check()) {
      if (performance.now() < until) continue;
      this.#work();
      return;
    }
  }

  /** Checks one cell; false when there was none left. */
  #check(): boolean {
    const id = this.#service.next(this.#preferred);
    if (id === undefined) {
      // Findings about variables and columns rest on other cells' text without asking the checker.
      for (const each of this.#order) this.#tell(each);
      clearTimeout(this.#resting);
      this.#resting = setTimeout(() => this.#service.rest(), REST_WAIT);
      this.#ports.post({ type: "rest", stamp: this.#stamp });
      return false;
    }
    try {
      this.#service.diagnostics(id);
      this.#tell(id);
    } catch (error) {
      // The checker itself gave up on it (a stack too deep): this cell is left unchecked, the others go on.
      this.#service.giveUp(id);
      this.#ports.post({ type: "failed", message: messageOf(error) });
    }
    return true;
  }

  #tell(id: string): void {
    const cell = this.#cells.get(id);
    if (cell === undefined) return;
    const findings: readonly TypeFinding[] = [
      ...this.#service.findings(id),
      ...causalFindings(this.#service, this.#methods, id),
    ];
    const text = JSON.stringify(findings);
    if (this.#told.get(id) === text) return;
    this.#told.set(id, text);
    this.#ports.post({ type: "findings", stamp: this.#stamp, cell: id, findings });
  }

  #answer(question: Question): unknown {
    const service = this.#service;
    const { cell, offset } = question;
    switch (question.kind) {
      case "completions":
        return (
          causalCompletions(service, this.#methods, cell, offset) ??
          completionsAt(service, cell, offset)
        );
      case "details":
        return detailsOf(service, cell, offset, question.label);
      case "hover":
        return causalHover(service, this.#methods, cell, offset) ?? hoverAt(service, cell, offset);
      case "signatures":
        return signaturesAt(service, cell, offset);
      case "definition":
        return definitionAt(service, cell, offset);
      case "references":
        return referencesAt(service, cell, offset);
      case "rename-at":
        return renameAt(service, cell, offset);
      case "rename":
        return rename(service, cell, offset, question.to);
      case "fixes":
        service.diagnostics(cell);
        return fixesAt(
          service,
          cell,
          offset,
          question.end,
          causalFindings(service, this.#methods, cell),
        );
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
