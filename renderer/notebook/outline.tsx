import { headingsOf } from "../outputs/markdown.ts";
import { useNotebook } from "./context.ts";
import { kindLabel, moodOf, moodWords, rungOf } from "./describe.ts";

/** Headings and named cells, in page order. */
export function Outline() {
  const { model } = useNotebook();
  const order = model.order.value;
  const entries = order.map((id) => <Entry id={id} key={id} />);
  return (
    <nav class="outline" aria-label="Outline">
      <h2 class="side-title">Outline</h2>
      {order.length === 0 && <p class="side-empty">Headings and named cells appear here.</p>}
      <ul>{entries}</ul>
    </nav>
  );
}

function Entry({ id }: { readonly id: string }) {
  const { model, commands, types } = useNotebook();
  const frame = model.frame(id).value;
  // Headings are read off the text; of other cells it says nothing here.
  const cell = frame.kind === "markdown" ? model.cell(id).value : frame;
  const runtime = model.runtime(id).value;
  const errors = types.findings(id).value.length;
  const here = model.selection.value.head === id;
  const go = (): void => {
    model.select(id);
    commands.page.focus(id, "cell");
  };
  if (cell.kind === "markdown") {
    return (
      <>
        {headingsOf(cell.source).map((heading) => (
          <li
            key={heading.text}
            class="outline-heading"
            data-level={heading.level}
            data-here={here}
          >
            <button type="button" onClick={go}>
              {heading.text}
            </button>
          </li>
        ))}
      </>
    );
  }
  const first = runtime.analysis?.outputs[0];
  // Plain code is listed while there is something to mend in it.
  const unnamed = cell.kind === "ts" && errors === 0 ? undefined : first;
  const name = cell.name ?? unnamed ?? (errors === 0 ? undefined : `cell ${model.indexOf(id) + 1}`);
  if (name === undefined) return null;
  const mood = moodOf(cell, runtime);
  return (
    <li class="outline-cell" data-here={here} data-mood={mood} data-rung={rungOf(cell, runtime)}>
      <button type="button" onClick={go}>
        <span class="outline-dot" aria-hidden="true" />
        <span class="outline-name">{name}</span>
        {errors > 0 && (
          <span
            class="outline-errors"
            title={`${errors} ${errors === 1 ? "thing" : "things"} to mend in its text`}
          >
            {errors}
            <span class="visually-hidden"> to mend</span>
          </span>
        )}
        <span class="outline-kind">{moodWords[mood] || kindLabel(cell.kind)}</span>
      </button>
    </li>
  );
}
