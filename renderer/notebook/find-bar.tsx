import { useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "../ui/icons.tsx";
import { useNotebook } from "./context.ts";
import type { FindQuery } from "./find.ts";

/** Search and replace over all cells, in a bar that leaves the page usable. */
export function FindBar() {
  const { find, model, commands } = useNotebook();
  const field = useRef<HTMLInputElement>(null);
  // Before the next key: it is meant for the field.
  useLayoutEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, [find.asked.value]);
  const query = find.query.value;
  const replacing = find.replacing.value;
  const close = (where: "cell" | "match"): void => {
    const match = find.current.peek();
    find.close();
    const { head } = model.selection.value;
    if (where === "match" && match !== undefined) {
      model.select(match.cell);
      commands.page.focus(match.cell, "text", match.start);
    } else if (head !== undefined) commands.page.focus(head, "cell");
  };
  const option = (key: Exclude<keyof FindQuery, "text">, sign: string, label: string) => (
    <button
      type="button"
      class="find-option"
      aria-pressed={query[key]}
      aria-label={label}
      title={label}
      onClick={() => find.set({ [key]: !query[key] })}
    >
      {sign}
    </button>
  );
  return (
    <search
      class="find-bar"
      aria-label="Search in the notebook"
      onKeyDown={(event) => {
        if (event.key === "Escape") {
          event.preventDefault();
          close("cell");
        }
      }}
    >
      <button
        type="button"
        class="icon-button find-more"
        aria-label={replacing ? "Hide replace" : "Show replace"}
        aria-expanded={replacing}
        onClick={() => (find.replacing.value = !replacing)}
      >
        <Icon name={replacing ? "chevronDown" : "chevronRight"} />
      </button>
      <div class="find-rows">
        <div class="find-row">
          <div class="find-field" data-bad={find.found.value.kind === "bad-pattern"}>
            <input
              ref={field}
              type="text"
              spellcheck={false}
              aria-label="Search for"
              placeholder="Search in all cells"
              value={query.text}
              aria-invalid={find.found.value.kind === "bad-pattern"}
              aria-describedby="find-count"
              onInput={(event) => find.set({ text: event.currentTarget.value })}
              onKeyDown={(event) => {
                if (event.key !== "Enter" || event.isComposing) return;
                event.preventDefault();
                if (event.ctrlKey || event.metaKey) close("match");
                else find.step(event.shiftKey ? -1 : 1);
              }}
            />
            {option("matchCase", "Aa", "Match case")}
            {option("wholeWord", "W", "Whole word")}
            {option("regexp", ".*", "Regular expression")}
          </div>
          <Count />
          <button
            type="button"
            class="icon-button"
            aria-label="Previous match"
            title="Previous match (Shift+F3)"
            disabled={find.matches.value.length === 0}
            onClick={() => find.step(-1)}
          >
            <Icon name="arrowUp" />
          </button>
          <button
            type="button"
            class="icon-button"
            aria-label="Next match"
            title="Next match (F3)"
            disabled={find.matches.value.length === 0}
            onClick={() => find.step(1)}
          >
            <Icon name="arrowDown" />
          </button>
          <button
            type="button"
            class="icon-button"
            aria-label="Close the search"
            title="Close (Esc)"
            onClick={() => close("cell")}
          >
            <Icon name="x" />
          </button>
        </div>
        {replacing && (
          <div class="find-row">
            <div class="find-field">
              <input
                type="text"
                spellcheck={false}
                aria-label="Replace by"
                placeholder={query.regexp ? "Replace by ($1 is the first group)" : "Replace by"}
                value={find.replacement.value}
                onInput={(event) => (find.replacement.value = event.currentTarget.value)}
                onKeyDown={(event) => {
                  if (event.key !== "Enter" || event.isComposing) return;
                  event.preventDefault();
                  if (event.ctrlKey || event.metaKey) find.replaceAll();
                  else find.replaceOne();
                }}
              />
            </div>
            <button
              type="button"
              class="button"
              disabled={find.current.value === undefined}
              onClick={() => find.replaceOne()}
            >
              Replace
            </button>
            <button
              type="button"
              class="button"
              title="Replace all (Ctrl+Enter): one step of undo"
              disabled={find.matches.value.length === 0}
              onClick={() => find.replaceAll()}
            >
              All
            </button>
          </div>
        )}
      </div>
    </search>
  );
}

function Count() {
  const { find } = useNotebook();
  const found = find.found.value;
  const current = find.current.value;
  const text = ((): string => {
    switch (found.kind) {
      case "nothing-asked":
        return "";
      case "bad-pattern":
        return found.reason;
      case "found": {
        const { length } = found.matches;
        if (length === 0) return "Not found";
        const at = current === undefined ? 0 : found.matches.indexOf(current) + 1;
        const cells = find.byCell.value.size;
        return `${at} of ${length.toLocaleString("en")}${found.cut ? "+" : ""} · ${cells} ${cells === 1 ? "cell" : "cells"}`;
      }
    }
  })();
  return (
    <output class="find-count" id="find-count" data-kind={found.kind} title={text}>
      {text}
    </output>
  );
}
