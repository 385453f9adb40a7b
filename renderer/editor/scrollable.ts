let observer: ResizeObserver | undefined;

/**
 * Text wider than its place can be scrolled without a mouse: it takes the focus, and the arrows move it. Text that
 * fits stays out of the way of Tab. To be called again when the text has changed.
 */
export function markScrollable(node: HTMLElement): void {
  if (typeof ResizeObserver === "undefined") return;
  // One observer for all: its reports come after layout, so that measuring costs no layout of its own.
  observer ??= new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) (target as HTMLElement).tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });
  // Observed anew, it reports once even if only the text's width has changed.
  observer.unobserve(node);
  observer.observe(node);
}

export function forgetScrollable(node: HTMLElement): void {
  observer?.unobserve(node);
}
