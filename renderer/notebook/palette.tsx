import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { kinds } from "../../kernels/cells/catalogue.ts";
import { Dialog } from "../ui/dialog.tsx";
import { cycleTheme } from "../ui/theme-button.tsx";
import { useNotebook } from "./context.ts";
import { bindings } from "./keys.ts";

interface Entry {
  readonly title: string;
  readonly keys: string;
  readonly run: () => void;
}

/** Every command by name. */
export function Palette({ onClose }: { readonly onClose: () => void }) {
  const { model, commands } = useNotebook();
  const query = useSignal("");
  const at = useSignal(0);
  const list = useRef<HTMLUListElement>(null);
  const entries: readonly Entry[] = [
    ...bindings
      .filter(({ palette }) => palette !== false)
      .map((binding) => ({
        title: binding.title,
        keys: binding.keys[0] ?? "",
        run: () => binding.run(commands),
      })),
    ...kinds.map((info) => ({
      title: `Insert: ${info.label}`,
      keys: "",
      run: () => commands.insertToWrite(info.kind, model.indexOf(model.selection.value.head) + 1),
    })),
    { title: "Change the theme", keys: "", run: cycleTheme },
    { title: "Go to the library", keys: "", run: () => (location.hash = "#/") },
  ];
  const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = entries.filter(({ title }) =>
    words.every((word) => title.toLowerCase().includes(word)),
  );
  const active = Math.min(at.value, found.length - 1);
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: "nearest" });
  }, [active]);
  const choose = (entry: Entry | undefined): void => {
    if (entry === undefined) return;
    onClose();
    // After the dialog has given the focus back.
    setTimeout(entry.run, 0);
  };
  return (
    <Dialog label="All commands" onClose={onClose} class="palette">
      <input
        class="palette-field"
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={found.length > 0 ? `palette-${active}` : undefined}
        aria-label="Search commands"
        placeholder="What do you want to do?"
        autofocus
        onInput={(event) => {
          query.value = event.currentTarget.value;
          at.value = 0;
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") at.value = Math.min(active + 1, found.length - 1);
          else if (event.key === "ArrowUp") at.value = Math.max(active - 1, 0);
          else if (event.key === "Enter") choose(found[active]);
          else return;
          event.preventDefault();
        }}
      />
      <ul class="palette-list" id="palette-list" role="listbox" aria-label="Commands" ref={list}>
        {found.map((entry, i) => (
          <li
            key={entry.title}
            id={`palette-${i}`}
            role="option"
            aria-selected={i === active}
            onMouseMove={() => (at.value = i)}
            onClick={() => choose(entry)}
          >
            <span>{entry.title}</span>
            {entry.keys !== "" && <kbd>{entry.keys}</kbd>}
          </li>
        ))}
      </ul>
      {found.length === 0 && <p class="palette-none">No command has this in its name.</p>}
    </Dialog>
  );
}

const groups = ["Run", "Cells", "Move", "Edit", "Write", "View"] as const;

/** All keys on one sheet. */
export function KeyboardHelp({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog label="Keyboard" onClose={onClose} class="help-sheet" title>
      <p class="help-intro">
        As in Jupyter there are two modes. <b>Command mode</b>: the cell is selected, single letters
        act. <b>Edit mode</b>: you write in the cell. <kbd>Enter</kbd> goes in, <kbd>Esc</kbd> comes
        out.
      </p>
      <div class="help-groups">
        {groups.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {bindings
                .filter((binding) => binding.group === group && binding.keys.length > 0)
                .map((binding) => (
                  <div key={binding.title}>
                    <dt>{binding.title}</dt>
                    <dd>
                      {binding.keys.slice(0, 2).map((keys) => (
                        <kbd key={keys}>{keys.replace("Arrow", "")}</kbd>
                      ))}
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
