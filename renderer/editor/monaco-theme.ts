import type * as Monaco from "monaco-editor/editor";
import { isDark, tokenColour } from "../theme/theme.ts";

/** Monaco's theme from the page's tokens, so that static and live text look alike. */
export function defineTheme(monaco: typeof Monaco): void {
  const colour = (name: string): string => tokenColour(name).slice(1);
  const rule = (token: string, name: string): Monaco.editor.ITokenThemeRule => ({
    token,
    foreground: colour(name),
  });
  const ink = tokenColour("ink");
  const raised = tokenColour("raised");
  const line = tokenColour("line-strong");
  monaco.editor.defineTheme("dagbok", {
    base: isDark() ? "vs-dark" : "vs",
    inherit: true,
    rules: [
      { token: "", foreground: ink.slice(1) },
      rule("comment", "code-comment"),
      rule("keyword", "code-keyword"),
      rule("string", "code-string"),
      rule("number", "code-number"),
      rule("regexp", "code-string"),
      rule("type", "code-type"),
      rule("type.identifier", "code-type"),
      rule("function", "code-function"),
      rule("operator", "code-operator"),
      rule("delimiter", "code-operator"),
      { token: "identifier", foreground: ink.slice(1) },
    ],
    colors: {
      "editor.background": "#00000000",
      "editor.foreground": ink,
      "editorCursor.foreground": tokenColour("focus"),
      "editor.selectionBackground": `${tokenColour("focus")}38`,
      "editor.inactiveSelectionBackground": `${tokenColour("focus")}20`,
      "editorBracketMatch.background": `${tokenColour("focus")}22`,
      "editorBracketMatch.border": "#00000000",
      "editorWidget.background": raised,
      "editorWidget.border": line,
      "editorSuggestWidget.background": raised,
      "editorSuggestWidget.border": line,
      "editorSuggestWidget.selectedBackground": `${tokenColour("focus")}2e`,
      "editorSuggestWidget.selectedForeground": ink,
      "editorSuggestWidget.selectedIconForeground": ink,
      "editorSuggestWidget.highlightForeground": tokenColour("focus"),
      "editorSuggestWidget.focusHighlightForeground": tokenColour("focus"),
      "list.hoverBackground": `${tokenColour("focus")}14`,
      "list.focusBackground": `${tokenColour("focus")}2e`,
      "list.focusForeground": ink,
      "menu.background": raised,
      "menu.foreground": ink,
      "input.background": raised,
      "input.foreground": ink,
      "quickInputList.focusBackground": `${tokenColour("focus")}2e`,
      "quickInputList.focusForeground": ink,
      "editorHoverWidget.background": raised,
      "editorHoverWidget.border": line,
      "editorError.foreground": tokenColour("error"),
      "editorWarning.foreground": tokenColour("stale"),
      "editorInfo.foreground": tokenColour("focus"),
      // One colour for all brackets: the static text has one.
      ...Object.fromEntries(
        [1, 2, 3, 4, 5, 6].map((depth) => [
          `editorBracketHighlight.foreground${depth}`,
          tokenColour("code-operator"),
        ]),
      ),
      "editorBracketHighlight.unexpectedBracket.foreground": tokenColour("error"),
      focusBorder: "#00000000",
    },
  });
  monaco.editor.setTheme("dagbok");
}
