import { signal } from "@preact/signals";
import { currentTheme, setTheme, type Theme } from "../theme/theme.ts";
import { Icon, type IconName } from "./icons.tsx";

const theme = signal<Theme>(currentTheme());
const next: Readonly<Record<Theme, Theme>> = { system: "light", light: "dark", dark: "system" };
const icons: Readonly<Record<Theme, IconName>> = { system: "monitor", light: "sun", dark: "moon" };

export function cycleTheme(): void {
  theme.value = next[theme.value];
  setTheme(theme.value);
}

export function ThemeButton() {
  return (
    <button
      type="button"
      class="icon-button"
      title={`Theme: ${theme.value}`}
      aria-label={`Theme: ${theme.value}. Change it`}
      onClick={cycleTheme}
    >
      <Icon name={icons[theme.value]} />
    </button>
  );
}
