interface Shipped {
  readonly path: string;
  readonly title: string;
  readonly about: string;
}

const titles: Readonly<Record<string, string>> = {
  guide: "Guide",
  ladder: "The ladder of causation",
  survey: "Methods of the survey",
  course: "Course",
};

/** Shipped notebooks by their folder, the guide first. */
export function groupShipped(
  all: readonly Shipped[],
): readonly { readonly title: string; readonly notebooks: readonly Shipped[] }[] {
  const folders = Map.groupBy(all, ({ path }) => path.split("/")[0] ?? "");
  const order = Object.keys(titles);
  return [...folders]
    .sort(([a], [b]) => (order.indexOf(a) + 1 || 99) - (order.indexOf(b) + 1 || 99))
    .map(([folder, notebooks]) => ({ title: titles[folder] ?? folder, notebooks }));
}
