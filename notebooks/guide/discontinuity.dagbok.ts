// dagbok notebook format=1 id=discontinuityguide title="Discontinuity: close elections"

// %% [markdown] id=intro
// # Discontinuity: comparing winners and losers by a hair
//
// A rule gives treatment to everybody above a cutoff: a prize, a grant, a seat in parliament. Far from the cutoff
// the two sides differ in everything. Just beside it they differ in luck. The jump of the outcome **at** the cutoff
// is then an effect: of the treatment, for units at the cutoff, and for no others.

// %% [markdown] id=worldtext
// ## A world we know
//
// A score between −1 and 1 decides who gets a scholarship (from 0 on). Grades bend with the score on both sides; the
// scholarship adds exactly **0.5**.

// %% id=world
const scholarship = (() => {
  const rng = createRng(4);
  const columns: Record<string, number[]> = { score: [], grade: [], given: [], home: [], later: [] };
  for (let i = 0; i < 4000; i++) {
    const score = Math.max(-1, Math.min(1, 0.45 * rng.normal() - 0.05));
    const home = 0.6 * score + rng.normal();
    const bend = 1.2 * score + 0.9 * score ** 2 - 1.5 * score ** 3;
    // Offered at 0; taken by 70 % of those offered and by 10 % of the others.
    const given = rng.next() < (score >= 0 ? 0.7 : 0.1) ? 1 : 0;
    columns.score.push(score);
    columns.home.push(home);
    columns.given.push(given);
    columns.grade.push(2 + bend + (score >= 0 ? 0.5 : 0) + 0.4 * home + 0.3 * rng.normal());
    columns.later.push(2 + bend + 0.5 * given + 0.4 * home + 0.3 * rng.normal());
  }
  return tableOf(columns);
})();

// %% [estimate] id=sharp
// sharp = grade at score = 0 from scholarship by rdd

// %% [markdown] id=howtext
// The points are averages of narrow bins, the lines the two local fits. Three choices are made for you and shown:
//
// * the **bandwidth**, how far from the cutoff rows still count: wide is precise and biased, narrow the reverse;
// * the **bias correction**: the interval is centred on a corrected estimate and widened for the correction
//   (Calonico, Cattaneo and Titiunik 2014), since the plain one at this bandwidth covers too little;
// * the **density test**: if units can push themselves over the line, there are suddenly too many just above.

// %% [markdown] id=covariatestext
// ## Covariates make it sharper, not righter
//
// The design needs no covariates. Those fixed before the rule may be added to explain noise; the estimate should
// hardly move. If it does, look at whether the covariate itself jumps.

// %% [estimate] id=adjusted
// adjusted = grade ~ score | home at score = 0 from scholarship by rdd

// %% [estimate] id=placebo
// placebo = home at score = 0 from scholarship by rdd

// %% id=sharpresult
const truth = 0.5;
const inside = (one: { interval: { low: number; high: number } }, value: number): string =>
  one.interval.low <= value && value <= one.interval.high ? "holds" : "misses";
md`True jump **0.5**: the plain interval ${inside(sharp, truth)} it, the adjusted one ${inside(adjusted, truth)} it, with a standard error of ${adjusted.standardError.toFixed(3)} against ${sharp.standardError.toFixed(3)}. Home, fixed before, must not jump: its interval ${inside(placebo, 0)} 0.`

// %% [markdown] id=fuzzytext
// ## When not everybody follows the rule
//
// Here the offer at 0 is taken up by 70 %, and 10 % get a scholarship elsewhere. The jump of the outcome is divided by
// the jump of treatment, as with an instrument: a **fuzzy** design. The truth is again 0.5.

// %% [estimate] id=fuzzy
// fuzzy = later ~ given at score = 0 from scholarship by rdd

// %% [markdown] id=sortingtext
// ## When people sort themselves
//
// Now seven in ten of those who just missed find a way over the line. The comparison is spoilt, and no estimate can
// mend it; the density test says so.

// %% id=sorted
const sortedScores = (() => {
  const rng = createRng(8);
  const score = Array.from(numbersOf(scholarship, "score"), (value) =>
    value < 0 && value > -0.08 && rng.next() < 0.7 ? -value : value,
  );
  return tableOf({ score, grade: numbersOf(scholarship, "grade") });
})();

// %% [estimate] id=cheated
// cheated = grade at score = 0 from sortedScores by rdd

// %% [markdown] id=realtext
// ## Close elections
//
// Lee, Moretti and Butler (2004): does a party that barely wins a seat in the US House then vote differently, or do
// candidates move to the middle? The running variable is the Democrats' share of the vote at the *previous* election,
// the outcome how liberal the member now votes (0 to 100). The real file is used when attached or in the catalogue
// (`dagbok data add lmb`); otherwise a stand-in with a true jump of 20.

// %% id=standin
const standIn = (() => {
  const rng = createRng(15);
  const lagdemvoteshare = Array.from({ length: 6000 }, () => Math.max(0, Math.min(1, 0.52 + 0.17 * rng.normal())));
  const score = lagdemvoteshare.map((share) => {
    const mean = share >= 0.5 ? 48 + 35 * (share - 0.5) : 28 + 45 * (share - 0.5);
    return Math.max(0, Math.min(100, mean + 18 * rng.normal()));
  });
  const demvoteshare = lagdemvoteshare.map((share) => 0.25 + 0.5 * share + 0.08 * rng.normal());
  return tableOf({ score, demvoteshare, lagdemvoteshare });
})();

// %% [data] id=data
// elections = "close_elections_lmb.csv" else standIn
//   keep (score, demvoteshare, lagdemvoteshare)
//   where score is not missing and demvoteshare is not missing and lagdemvoteshare is not missing

// %% [estimate] id=house
// house = score at lagdemvoteshare = 0.5 from elections by rdd

// %% [markdown] id=bandwidthtext
// ## Does it hang on the bandwidth?
//
// It should not. The chart repeats the estimate at half to twice the chosen bandwidth.

// %% id=bandwidths
const chosen = house.diagnostics.find((one) => one.kind === "figures")!.rows.find((row) => row.name === "bandwidth h")!.value;
const sensitivityOf = await Promise.all(
  [0.5, 0.7, 1, 1.4, 2].map(async (times) => {
    const one = await estimate(
      { kind: "discontinuity", outcome: "score", treatment: "lagdemvoteshare", running: "lagdemvoteshare", cutoff: 0.5 },
      elections,
      { method: "rdd", bandwidth: times * chosen },
    );
    return { bandwidth: times * chosen, estimate: one.estimate, low: one.interval.low, high: one.interval.high };
  }),
);
chart({
  data: { values: sensitivityOf },
  height: 180,
  encoding: { x: { field: "bandwidth", type: "quantitative", scale: { zero: false } } },
  layer: [
    { mark: { type: "rule" }, encoding: { y: { field: "low", type: "quantitative", title: "jump of the score" }, y2: { field: "high" } } },
    { mark: { type: "point", filled: true, size: 60 }, encoding: { y: { field: "estimate", type: "quantitative" } } },
  ],
}, "Jump of the voting score at five bandwidths with robust intervals.")

// %% [markdown] id=end
// ## Before you believe it
//
// * The answer is about units **at the cutoff**. It says nothing about safe seats.
// * Nothing else may change at the same cutoff; the data cannot tell two rules apart that share one.
// * Global polynomials of high order chase points far away; use local fits.

// %% [$notebook]
// run=auto
// seed=1
