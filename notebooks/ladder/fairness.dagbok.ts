// dagbok notebook format=1 id=ladderfair title="Fairness: which path does the difference take?"

// %% [markdown] id=intro
// # Fairness: which path does the difference take?
//
// A university admits fewer women than men. Is it unfair? In Berkeley's case of 1973 women had applied to the
// departments that turn most people away (Bickel, Hammel and O'Connell 1975). Whether a difference is a wrong
// depends on the **path** it takes, and paths are what a causal model has and a table has not. The numbers here are
// made up; move the slider that says how much the committee itself looks at the sex of an applicant.

// %% id=slider
const bias = view(Inputs.range([0, 0.2], { step: 0.05, value: 0.1, label: "what the committee adds for men" }));

// %% [model] id=model name=campus
// man ~ bernoulli(0.5)
// talent ~ bernoulli(0.5)
// engineering ~ bernoulli(0.2 + 0.5*man)
// admitted ~ bernoulli(0.1 + 0.3*engineering + 0.3*talent + ${bias}*man) [monotone]

// %% [markdown] id=seetext
// ## I see
//
// Men are admitted more often: that is the disparity. It says nothing yet about why.

// %% [counterfactual] id=seeing
// disparity = P(admitted=1 | man=1) - P(admitted=1 | man=0) in campus

// %% [markdown] id=dotext
// ## II do
//
// Two experiments tell the paths apart. Send applications that differ in nothing but the sex on the form, to one
// department: the **controlled direct effect**. It is the committee's doing, and here it is the same in both. What
// the form does in *total* includes that the applicant, had he been a she, would have applied elsewhere.

// %% [counterfactual] id=doing
// total = ATE(man -> admitted) in campus
// sameDesk = CDE(man -> admitted, engineering=0) in campus

// %% [markdown] id=imaginetext
// ## III imagine
//
// The **natural** direct effect leaves every applicant at the department they would choose as they are, and changes
// only what the committee sees; the natural indirect effect changes only the choice. Together they explain the
// total. These are nested counterfactuals: a person who is seen as a man *and* chooses as a woman exists in no data.

// %% [counterfactual] id=paths
// direct = NDE(man -> admitted via engineering) in campus
// indirect = NIE(man -> admitted via engineering) in campus
// throughChoice = PSE(man -> engineering -> admitted) in campus

// %% id=pathchart
const paths = [
  { path: "committee", effect: Number(direct.value) },
  { path: "choice of department", effect: Number(indirect.value) },
];
display(chart({
  width: 420,
  height: 90,
  data: { values: paths },
  mark: { type: "bar", cornerRadius: 2 },
  encoding: {
    y: { field: "path", type: "nominal", title: null, sort: null },
    x: { field: "effect", type: "quantitative", title: "adds to the chance of men", scale: { domain: [0, 0.4] } },
  },
}, `Of the ${Number(total.value).toFixed(2)} by which being a man raises the chance of admission: ${paths.map(({ path, effect }) => `${path} ${effect.toFixed(2)}`).join(", ")}.`));

// %% [markdown] id=persontext
// ### Person by person
//
// A rule is **counterfactually fair** when no applicant would have been treated otherwise, had their sex been other
// and everything that follows from it with it (Kusner, Loftus, Russell and Silva 2017). The committee may be blind
// to sex (slide to 0) and the rule still not fair in this sense, because the *choice* would have been another. Whether
// that is the university's fault is not a question for arithmetic; which path carries it, is.

// %% [counterfactual] id=people
// fair = fairness of admitted to man in campus

// %% [markdown] id=opentext
// How one applicant's choice of department responds is a table in this model, not a mechanism, so single people's
// changes are ranges. Said to be monotone (nobody would choose engineering only as a woman), they close:

// %% [model] id=model2 name=campus2
// man ~ bernoulli(0.5)
// talent ~ bernoulli(0.5)
// engineering ~ bernoulli(0.2 + 0.5*man) [monotone]
// admitted ~ bernoulli(0.1 + 0.3*engineering + 0.3*talent + ${bias}*man) [monotone]

// %% [counterfactual] id=people2
// fair2 = fairness of admitted to man in campus2

// %% [markdown] id=remedytext
// ### A remedy, tried before it is taken
//
// Blind the committee, and bring engineering to the girls' schools. The direct path goes and the indirect one shrinks.
// More people are admitted too; how much of that each measure did is an attribution: each mechanism as it was, or
// as it is now, in every order (Shapley values).

// %% [model] id=blind name=blinded
// man ~ bernoulli(0.5)
// talent ~ bernoulli(0.5)
// engineering ~ bernoulli(0.4 + 0.2*man)
// admitted ~ bernoulli(0.2 + 0.3*engineering + 0.3*talent) [monotone]

// %% [counterfactual] id=remedy
// rise = change of admitted from campus to blinded
// after = P(admitted=1 | man=1) - P(admitted=1 | man=0) in blinded

// %% [markdown] id=moral
// **By hand** (bias 0.1). Disparity and total effect are both $0.3\cdot(0.7-0.2) + 0.1 = 0.25$, because nothing causes sex:
// no part is spurious. Direct: $0.1$ at every desk. Indirect: $0.3\cdot0.5 = 0.15$. After the remedy the disparity is
// $0.3\cdot0.2 = 0.06$, all of it by choice. Admissions rise from $0.435$ to $0.5$: the committee adds $0.05$ (it now
// gives everybody what it gave men, of whom there are half), the schools $0.3\cdot(0.5-0.45) = 0.015$.

// %% [$notebook]
// run=auto
// seed=1
