import { signal } from "@preact/signals";
import { Icon } from "./icons.tsx";

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly level: "info" | "error";
  readonly action?: { readonly label: string; readonly run: () => void };
}

const toasts = signal<readonly Toast[]>([]);
const spoken = signal("");
let nextId = 1;

/** A short message at the foot of the page; errors and those with an action stay longer. */
export function toast(
  text: string,
  options: { readonly level?: Toast["level"]; readonly action?: Toast["action"] } = {},
): void {
  const id = nextId++;
  const { level = "info", action } = options;
  toasts.value = [
    ...toasts.value.slice(-2),
    { id, text, level, ...(action === undefined ? {} : { action }) },
  ];
  announce(text);
  setTimeout(() => dismiss(id), action !== undefined || level === "error" ? 10_000 : 4000);
}

/** Says something to screen readers only, without haste. */
export function announce(text: string): void {
  spoken.value = spoken.value === text ? `${text}\u00a0` : text;
}

export function reportError(error: unknown, what?: string): void {
  const reason = error instanceof Error ? error.message : String(error);
  toast(what === undefined ? reason : `${what}: ${reason}`, { level: "error" });
}

function dismiss(id: number): void {
  toasts.value = toasts.value.filter((each) => each.id !== id);
}

export function ToastHost() {
  return (
    <>
      <div class="visually-hidden" role="status" aria-live="polite">
        {spoken}
      </div>
      <div class="toasts">
        {toasts.value.map(({ id, text, level, action }) => (
          <div class="toast" data-level={level} key={id}>
            <span>{text}</span>
            {action !== undefined && (
              <button
                type="button"
                class="link"
                onClick={() => {
                  dismiss(id);
                  action.run();
                }}
              >
                {action.label}
              </button>
            )}
            <button
              type="button"
              class="icon-button"
              aria-label="Dismiss"
              onClick={() => dismiss(id)}
            >
              <Icon name="x" />
            </button>
          </div>
        ))}
      </div>
    </>
  );
}
