import type * as Monaco from "monaco-editor/editor";
import type { TypeCompletion, TypeFix, TypePlace } from "./cells.ts";
import { currentTypes, type TypesContext } from "./registry.ts";

type Model = Monaco.editor.ITextModel;

/** Languages of cells that the checker knows something of. */
const languages = ["typescript", "causal", "markdown"];

/** The cell of a model, of its address `file:///notebook/ID.ts`. */
function cellOf(model: Model): string {
  return model.uri.path.replace(/^\/notebook\//, "").replace(/\.ts$/, "");
}

/** Has Monaco ask the notebook's checker, in its worker. Once for the page. */
export function registerProviders(monaco: typeof Monaco): void {
  const rangeOf = (model: Model, start: number, end: number): Monaco.IRange => {
    const from = model.getPositionAt(start);
    const to = model.getPositionAt(end);
    return {
      startLineNumber: from.lineNumber,
      startColumn: from.column,
      endLineNumber: to.lineNumber,
      endColumn: to.column,
    };
  };
  const locationOf = (place: TypePlace): Monaco.languages.Location[] => {
    const model = monaco.editor
      .getModels()
      .find((each) => each.uri.path.startsWith("/notebook/") && cellOf(each) === place.cell);
    if (model === undefined) return [];
    return [{ uri: model.uri, range: rangeOf(model, place.start, place.end) }];
  };

  registerCompletion(monaco, rangeOf);
  monaco.languages.registerHoverProvider(languages, {
    async provideHover(model, position) {
      const hover = await quietly((types) =>
        types.client.ask("hover", cellOf(model), model.getOffsetAt(position), {}),
      );
      if (hover === undefined) return null;
      const from =
        hover.from === undefined ? "" : `\n\n*from ${currentTypes()?.nameOf(hover.from) ?? ""}*`;
      return {
        range: rangeOf(model, hover.start, hover.end),
        contents: [
          { value: fenced(hover.signature) },
          ...(hover.doc + from === "" ? [] : [{ value: `${hover.doc}${from}` }]),
        ],
      };
    },
  });
  monaco.languages.registerSignatureHelpProvider("typescript", {
    signatureHelpTriggerCharacters: ["(", ",", "<"],
    signatureHelpRetriggerCharacters: [")"],
    async provideSignatureHelp(model, position) {
      const found = await quietly((types) =>
        types.client.ask("signatures", cellOf(model), model.getOffsetAt(position), {}),
      );
      if (found === undefined) return null;
      return {
        value: {
          activeSignature: found.active,
          activeParameter: found.parameter,
          signatures: found.signatures.map(({ label, doc, parameters }) => ({
            label,
            documentation: { value: doc },
            parameters: parameters.map((parameter) => ({
              label: [parameter.start, parameter.end] as [number, number],
              documentation: { value: parameter.doc },
            })),
          })),
        },
        dispose: () => undefined,
      };
    },
  });
  monaco.languages.registerDefinitionProvider(languages, {
    async provideDefinition(model, position) {
      const places = await quietly((types) =>
        types.client.ask("definition", cellOf(model), model.getOffsetAt(position), {}),
      );
      for (const place of places ?? []) await currentTypes()?.ensureModel(place.cell);
      return (places ?? []).flatMap(locationOf);
    },
  });
  monaco.languages.registerReferenceProvider(languages, {
    async provideReferences(model, position) {
      const places = await quietly((types) =>
        types.client.ask("references", cellOf(model), model.getOffsetAt(position), {}),
      );
      const cells = new Set((places ?? []).map(({ cell }) => cell));
      for (const cell of cells) await currentTypes()?.ensureModel(cell);
      return (places ?? []).flatMap(locationOf);
    },
  });
  registerRename(monaco, rangeOf);
  registerFixes(monaco, rangeOf);
  // Another cell's editor is not there before one goes to it.
  monaco.editor.registerEditorOpener({
    openCodeEditor(_source, uri, place) {
      const model = monaco.editor.getModel(uri);
      const types = currentTypes();
      if (model === null || types === undefined || !uri.path.startsWith("/notebook/")) return false;
      const at =
        place === undefined
          ? 0
          : "lineNumber" in place
            ? model.getOffsetAt(place)
            : model.getOffsetAt({ lineNumber: place.startLineNumber, column: place.startColumn });
      types.open({ cell: cellOf(model), start: at, end: at });
      return true;
    },
  });
}

type RangeOf = (model: Model, start: number, end: number) => Monaco.IRange;

interface Item extends Monaco.languages.CompletionItem {
  readonly asked?: { readonly cell: string; readonly offset: number };
}

function registerCompletion(monaco: typeof Monaco, rangeOf: RangeOf): void {
  const kinds = monaco.languages.CompletionItemKind;
  const kindOf: Readonly<Record<string, Monaco.languages.CompletionItemKind>> = {
    function: kinds.Function,
    "local function": kinds.Function,
    method: kinds.Method,
    property: kinds.Property,
    getter: kinds.Property,
    setter: kinds.Property,
    const: kinds.Constant,
    let: kinds.Variable,
    var: kinds.Variable,
    alias: kinds.Variable,
    variable: kinds.Variable,
    parameter: kinds.Variable,
    "local var": kinds.Variable,
    class: kinds.Class,
    interface: kinds.Interface,
    type: kinds.Interface,
    keyword: kinds.Keyword,
    module: kinds.Module,
    string: kinds.Value,
    value: kinds.Value,
    column: kinds.Field,
    option: kinds.Property,
  };
  const itemOf = (
    model: Model,
    { label, kind, sort, insert, replace, detail, doc }: TypeCompletion,
    word: Monaco.IRange,
  ): Item => ({
    label: detail === undefined ? label : { label, description: detail },
    kind: kindOf[kind] ?? kinds.Text,
    sortText: sort,
    filterText: label,
    insertText: insert ?? label,
    range: replace === undefined ? word : rangeOf(model, replace.start, replace.end),
    ...(doc === undefined ? {} : { documentation: { value: doc } }),
  });
  monaco.languages.registerCompletionItemProvider(["typescript", "causal"], {
    triggerCharacters: [".", '"', "'", "`", "/", "(", ",", ":", "{"],
    async provideCompletionItems(model, position, context) {
      // Brackets and commas open a list only where the small languages list variables and options.
      if (
        model.getLanguageId() === "typescript" &&
        context.triggerCharacter !== undefined &&
        /[(,:{]/.test(context.triggerCharacter)
      ) {
        return { suggestions: [] };
      }
      const cell = cellOf(model);
      const offset = model.getOffsetAt(position);
      const found = await quietly((types) => types.client.ask("completions", cell, offset, {}));
      const until = model.getWordUntilPosition(position);
      const word = {
        startLineNumber: position.lineNumber,
        endLineNumber: position.lineNumber,
        startColumn: until.startColumn,
        endColumn: position.column,
      };
      return {
        suggestions: (found ?? []).map((each) => ({
          ...itemOf(model, each, word),
          asked: { cell, offset },
        })),
      };
    },
    async resolveCompletionItem(item: Item) {
      const { asked } = item;
      if (asked === undefined || item.documentation !== undefined) return item;
      const label = typeof item.label === "string" ? item.label : item.label.label;
      const details = await quietly((types) =>
        types.client.ask("details", asked.cell, asked.offset, { label }),
      );
      if (details === undefined) return item;
      return { ...item, detail: details.signature, documentation: { value: details.doc } };
    },
  });
}

function registerRename(monaco: typeof Monaco, rangeOf: RangeOf): void {
  monaco.languages.registerRenameProvider(languages, {
    async resolveRenameLocation(model, position) {
      const found = await quietly((types) =>
        types.client.ask("rename-at", cellOf(model), model.getOffsetAt(position), {}),
      );
      if (found !== undefined && typeof found !== "string") {
        return { range: rangeOf(model, found.start, found.end), text: found.text };
      }
      const here = { range: monaco.Range.fromPositions(position), text: "" };
      return { ...here, rejectReason: found ?? "Nothing here can be renamed." };
    },
    async provideRenameEdits(model, position, to) {
      const answer = await quietly((types) =>
        types.client.ask("rename", cellOf(model), model.getOffsetAt(position), { to }),
      );
      if (answer === undefined) return { edits: [], rejectReason: "The checker gave no answer." };
      if (answer.kind === "refused") return { edits: [], rejectReason: answer.reason };
      // Cells that were never gone into have no model: the notebook itself makes the change, as one step of undo.
      currentTypes()?.apply(answer.edits);
      return { edits: [] };
    },
  });
}

function registerFixes(monaco: typeof Monaco, rangeOf: RangeOf): void {
  monaco.languages.registerCodeActionProvider(["typescript", "causal"], {
    async provideCodeActions(model, range, context) {
      const none = { actions: [], dispose: () => undefined };
      if (context.markers.length === 0) return none;
      const start = model.getOffsetAt({
        lineNumber: range.startLineNumber,
        column: range.startColumn,
      });
      const end = model.getOffsetAt({ lineNumber: range.endLineNumber, column: range.endColumn });
      const fixes = await quietly((types) =>
        types.client.ask("fixes", cellOf(model), start, { end }),
      );
      const actionOf = ({ title, edits }: TypeFix): Monaco.languages.CodeAction => ({
        title,
        kind: "quickfix",
        diagnostics: context.markers,
        isPreferred: title.startsWith("Change"),
        edit: {
          edits: edits.map((edit) => ({
            resource: model.uri,
            versionId: model.getVersionId(),
            textEdit: { range: rangeOf(model, edit.start, edit.end), text: edit.text },
          })),
        },
      });
      return { ...none, actions: (fixes ?? []).map(actionOf) };
    },
  });
}

/** An answer, or nothing when there is no checker or it cannot tell: help must never be in the way. */
async function quietly<T>(ask: (types: TypesContext) => Promise<T>): Promise<T | undefined> {
  const types = currentTypes();
  if (types === undefined) return undefined;
  try {
    return await ask(types);
  } catch {
    return undefined;
  }
}

function fenced(signature: string): string {
  return `\`\`\`typescript\n${signature}\n\`\`\``;
}
