// dagbok notebook format=1 id=didguide title="Difference-in-differences: minimum wages and jobs"

// %% [markdown] id=intro
// # Difference-in-differences: comparing changes
//
// Some units are treated from a date on, others later or never. Levels differ between them for a hundred reasons, so
// levels are not compared. **Changes** are: had the treated not been treated, they would have moved in parallel with
// the others. That promise can be made plausible before treatment; after it, nobody can check.

// %% [markdown] id=worldtext
// ## A world we know
//
// Ninety towns over eight years. A third starts treatment in year 3, a third in year 5, a third never. The effect grows:
// 1 in the first year, 2 in the second, and so on.

// %% id=world
const towns = (() => {
  const rng = createRng(6);
  const columns: Record<string, number[]> = { town: [], year: [], treated: [], outcome: [] };
  for (let town = 0; town < 90; town++) {
    const start = [3, 5, 99][town % 3];
    const level = 2 * rng.normal();
    for (let year = 0; year < 8; year++) {
      const exposed = year - start + 1;
      columns.town.push(town);
      columns.year.push(year);
      columns.treated.push(exposed > 0 ? 1 : 0);
      columns.outcome.push(level + 0.5 * year + Math.max(0, exposed) + 0.5 * rng.normal());
    }
  }
  return tableOf(columns);
})();

// %% [estimate] id=study
// study = outcome ~ treated over town, year from towns by did

// %% [markdown] id=studytext
// The **event study** shows the effect by years since treatment. Before treatment (left of the line) the points should
// lie around 0: there parallel trends can be seen. The wide bars hold for all points at once, the narrow ones for each
// by itself. After treatment the points climb 1, 2, 3, 4, 5, as they were made; the headline is their average, 3.

// %% [markdown] id=twfetext
// ## Why not one regression with town and year effects?
//
// Because it also compares towns treated late with towns treated *already*, whose outcomes are still climbing, and
// counts that climb against the effect. The method below warns about it. Of the effects as they occurred in this
// world, the plain average over treated town-years is 2.6.

// %% [estimate] id=twfe
// twfe = outcome ~ treated over town, year from towns by twfe

// %% [markdown] id=covariatetext
// ## Parallel only given a covariate
//
// Here towns with more industry both grow faster and are treated more often. Unadjusted, the promise is broken, and the
// points before treatment show it. Given industry it holds. With a covariate each comparison is *doubly robust*: right
// if either the model of untreated change or that of who is treated is right. The true effect is 1 in every year.

// %% id=industryworld
const mills = (() => {
  const rng = createRng(12);
  const columns: Record<string, number[]> = { town: [], year: [], industry: [], treated: [], outcome: [] };
  for (let town = 0; town < 400; town++) {
    const industry = rng.normal();
    const start = rng.next() < 1 / (1 + Math.exp(-industry)) ? 3 : 99;
    const level = rng.normal();
    for (let year = 0; year < 6; year++) {
      columns.town.push(town);
      columns.year.push(year);
      columns.industry.push(industry);
      columns.treated.push(year >= start ? 1 : 0);
      columns.outcome.push(level + 0.3 * year + 0.4 * industry * year + (year >= start ? 1 : 0) + 0.5 * rng.normal());
    }
  }
  return tableOf(columns);
})();

// %% [estimate] id=plain
// plain = outcome ~ treated over town, year from mills by did

// %% [estimate] id=adjusted
// adjusted = outcome ~ treated | industry over town, year from mills by did

// %% id=millsresult
md`The truth is **1**. Without the covariate: **${plain.estimate.toFixed(2)}**. With it: **${adjusted.estimate.toFixed(2)}** (${adjusted.interval.low.toFixed(2)} to ${adjusted.interval.high.toFixed(2)}).`

// %% [markdown] id=realtext
// ## Minimum wages and teen employment
//
// Callaway and Sant'Anna's example: 500 US counties, 2003 to 2007, some of whose states raised the minimum wage in
// 2004, 2006 or 2007; the outcome is the logarithm of teen employment. The real file is used when attached or in the
// catalogue (`dagbok data add mpdta`); otherwise a stand-in with a true effect of −0.05 in every year.

// %% id=standin
const standIn = (() => {
  const rng = createRng(30);
  const names = ["year", "countyreal", "lpop", "lemp", "first.treat", "treat"];
  const columns: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (let county = 0; county < 500; county++) {
    const u = rng.next();
    const first = u < 0.04 ? 2004 : u < 0.12 ? 2006 : u < 0.38 ? 2007 : 0;
    const lpop = 3.3 + 1.2 * rng.normal();
    const level = lpop + 2.3 + 0.3 * rng.normal();
    for (let year = 2003; year <= 2007; year++) {
      const effect = first > 0 && year >= first ? -0.05 : 0;
      const row = [year, county, lpop, level - 0.01 * (year - 2003) + effect + 0.06 * rng.normal(), first, first > 0 ? 1 : 0];
      row.forEach((value, k) => columns[names[k]].push(value));
    }
  }
  return tableOf(columns);
})();

// %% [data] id=data
// counties = "mpdta.csv" else standIn

// %% [estimate] id=wages
// wages = lemp ~ first.treat over countyreal, year from counties by did

// %% [markdown] id=notyettext
// Does it matter whom one compares with? Counties treated later may serve as controls until then, and county size may
// be adjusted for.

// %% [estimate] id=variants
// variants = lemp ~ first.treat | lpop over countyreal, year from counties
//   by did, did(control: "not-yet"), did(aggregate: "group"), did(aggregate: "simple")

// %% [markdown] id=end
// ## Before you believe it
//
// * Flat points before treatment make parallel trends plausible; they do not prove them. With few years or wide bars
//   they say little.
// * Choose the control units before looking at the result.
// * Effects differ between cohorts and years; say which average you report.

// %% [$notebook]
// run=auto
// seed=1
