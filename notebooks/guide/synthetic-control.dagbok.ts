// dagbok notebook format=1 id=syntheticguide title="Synthetic control: Proposition 99"

// %% [markdown] id=intro
// # Synthetic control: one treated unit
//
// One state passes a law. No other state is like it, but a *mixture* of others may follow it closely for years before
// the law. Where the real state and its mixture part after the law, the gap is the effect, if nothing else happened to
// the state alone (Abadie, Diamond and Hainmueller 2010).

// %% [markdown] id=worldtext
// ## A world we know
//
// Thirty regions over thirty years, driven by three hidden forces that each region feels in its own strength. From year
// 20 on the first region is treated, which lowers its outcome by exactly **4**.

// %% id=world
const regions = (() => {
  const rng = createRng(2);
  const columns: Record<string, (number | string)[]> = { region: [], year: [], treated: [], outcome: [] };
  const forces = Array.from({ length: 3 }, () => {
    let level = 0;
    return Array.from({ length: 30 }, () => (level += rng.normal()));
  });
  for (let region = 0; region < 30; region++) {
    const strength = forces.map(() => (region === 0 ? 0.5 : rng.next()));
    for (let year = 0; year < 30; year++) {
      const untreated = 20 + forces.reduce((sum, force, k) => sum + strength[k] * force[year], 0);
      columns.region.push(region === 0 ? "Treatedland" : `region ${region}`);
      columns.year.push(year);
      columns.treated.push(region === 0 && year >= 20 ? 1 : 0);
      columns.outcome.push(untreated - (region === 0 && year >= 20 ? 4 : 0) + 0.3 * rng.normal());
    }
  }
  return tableOf(columns);
})();

// %% [estimate] id=control
// control = outcome ~ treated over region, year from regions by synthetic-control

// %% [markdown] id=pathtext
// Before year 20 the two paths run together; that is how the mixture was chosen. Afterwards they part. But any
// region drifts from its mixture a little. The **placebo chart** repeats everything with each untreated region in turn,
// as if it had been treated: the treated region's line should stand out. The share of lines that stand out as much is
// the p-value; with 29 placebos it cannot be below 1/30.

// %% [estimate] id=doubled
// doubled = outcome ~ treated over region, year from regions by synthetic-did

// %% [markdown] id=sdidtext
// **Synthetic difference-in-differences** also weights the years, and compares changes instead of levels, so the mixture
// has to run parallel only (Arkhangelsky and others 2021).

// %% id=worldresult
md`The truth is **−4**: synthetic control **${control.estimate.toFixed(2)}**, synthetic difference-in-differences **${doubled.estimate.toFixed(2)}**.`

// %% [markdown] id=realtext
// ## California's Proposition 99
//
// In 1988 California raised the cigarette tax and paid for campaigns against smoking. The panel holds packs sold per head
// in 39 states, 1970 to 2000. The real file is used when attached or in the catalogue (`dagbok data add prop99`);
// otherwise a stand-in with a true effect of −20.

// %% id=standin
const standIn = (() => {
  const rng = createRng(17);
  const columns: Record<string, (number | string)[]> = { State: [], Year: [], PacksPerCapita: [], treated: [] };
  const common = Array.from({ length: 31 }, (_, t) => 8 * Math.sin(t / 6) - 1.2 * t);
  for (let state = 0; state < 39; state++) {
    const name = state === 0 ? "California" : `State ${state}`;
    const [level, slope, load] = [125 + 14 * rng.normal(), 0.4 * rng.normal(), 0.6 + 0.8 * rng.next()];
    for (let t = 0; t < 31; t++) {
      const treated = state === 0 && t >= 19 ? 1 : 0;
      columns.State.push(name);
      columns.Year.push(1970 + t);
      columns.treated.push(treated);
      columns.PacksPerCapita.push((state === 0 ? 118 : level) + (state === 0 ? 0 : slope) * t + (state === 0 ? 1 : load) * common[t] - 20 * treated + 2 * rng.normal());
    }
  }
  return tableOf(columns);
})();

// %% [data] id=data
// packs = "california_prop99.csv" else standIn

// %% [estimate] id=california
// california = PacksPerCapita ~ treated over State, Year from packs by synthetic-control

// %% [estimate] id=three
// three = PacksPerCapita ~ treated over State, Year from packs by twfe, synthetic-control, synthetic-did

// %% [markdown] id=compare
// The three answers differ because they promise different things: parallel trends with *all* states, a mixture with
// the same *level*, a weighted mixture with the same *trend*. On the real data they read about −27, −20 and −16 packs.

// %% [markdown] id=end
// ## Before you believe it
//
// * Does the mixture fit **before** treatment? If not, there is no synthetic control.
// * Which donors carry it? A donor that was itself touched by the law spoils it.
// * With one treated unit there is no standard error to speak of; the placebos are the inference.

// %% [$notebook]
// run=auto
// seed=1
