import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Icon, type IconName } from "./icons.tsx";

export interface MenuItem {
  readonly label: string;
  readonly detail?: string;
  readonly keys?: string;
  readonly icon?: IconName;
  /** A letter or numeral in place of an icon, with a rung's colour. */
  readonly rung?: 1 | 2 | 3;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  readonly checked?: boolean;
  readonly run: () => void;
}

interface OpenMenu {
  readonly label: string;
  readonly anchor: HTMLElement;
  readonly items: readonly MenuItem[];
  readonly wide?: boolean;
  /** Takes the focus when the menu closes, if not the anchor. */
  readonly returnTo?: HTMLElement;
}

const open = signal<OpenMenu | undefined>(undefined);

export function openMenu(menu: OpenMenu): void {
  open.value = menu;
}

/** The one menu of the page; whoever opens it gives the items and the element it hangs on. */
export function MenuHost() {
  const menu = open.value;
  const ref = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const node = ref.current;
    if (menu === undefined || node === null) return;
    const anchor = menu.anchor.getBoundingClientRect();
    const { width, height } = node.getBoundingClientRect();
    const below = anchor.bottom + 4 + height < innerHeight;
    node.style.left = `${Math.max(8, Math.min(anchor.left, innerWidth - width - 8))}px`;
    node.style.top = `${below ? anchor.bottom + 4 : Math.max(8, anchor.top - height - 4)}px`;
    node.querySelector<HTMLElement>("[role^=menuitem]:not([aria-disabled])")?.focus();
  }, [menu]);
  useEffect(() => {
    if (menu === undefined) return undefined;
    const outside = (event: Event): void => {
      if (!ref.current?.contains(event.target as Node)) open.value = undefined;
    };
    addEventListener("pointerdown", outside, true);
    addEventListener("resize", outside);
    return () => {
      removeEventListener("pointerdown", outside, true);
      removeEventListener("resize", outside);
    };
  }, [menu]);
  if (menu === undefined) return null;
  const close = (): void => {
    open.value = undefined;
    const target = menu.returnTo ?? menu.anchor;
    if (target.isConnected) target.focus({ preventScroll: true });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const items = [
      ...(ref.current?.querySelectorAll<HTMLElement>("[role^=menuitem]:not([aria-disabled])") ??
        []),
    ];
    const at = items.indexOf(document.activeElement as HTMLElement);
    const go = (to: number): void => items[(to + items.length) % items.length]?.focus();
    event.stopPropagation();
    if (event.key === "ArrowDown") go(at + 1);
    else if (event.key === "ArrowUp") go(at - 1);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(items.length - 1);
    else if (event.key === "Escape" || event.key === "Tab") close();
    else if (event.key.length === 1 && /\S/.test(event.key)) {
      const letter = event.key.toLowerCase();
      const order = [...items.slice(at + 1), ...items.slice(0, at + 1)];
      order.find((item) => item.dataset["label"]?.toLowerCase().startsWith(letter))?.focus();
    } else return;
    event.preventDefault();
  };
  return (
    <div
      ref={ref}
      class={menu.wide === true ? "menu menu-wide" : "menu"}
      role="menu"
      aria-label={menu.label}
      onKeyDown={onKeyDown}
    >
      {menu.items.map((item) => (
        <button
          type="button"
          key={item.label}
          role={item.checked === undefined ? "menuitem" : "menuitemcheckbox"}
          aria-checked={item.checked}
          aria-disabled={item.disabled === true ? true : undefined}
          class={item.danger === true ? "menu-item danger" : "menu-item"}
          data-label={item.label}
          tabIndex={-1}
          onClick={() => {
            if (item.disabled === true) return;
            close();
            item.run();
          }}
        >
          <span class="menu-sign" data-rung={item.rung}>
            {item.checked === true ? (
              <Icon name="check" />
            ) : item.rung !== undefined ? (
              ["I", "II", "III"][item.rung - 1]
            ) : item.icon !== undefined ? (
              <Icon name={item.icon} />
            ) : null}
          </span>
          <span class="menu-text">
            <span class="menu-label">{item.label}</span>
            {item.detail !== undefined && <span class="menu-detail">{item.detail}</span>}
          </span>
          {item.keys !== undefined && <kbd>{item.keys}</kbd>}
        </button>
      ))}
    </div>
  );
}
