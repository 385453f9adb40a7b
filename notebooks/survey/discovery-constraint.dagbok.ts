// dagbok notebook format=1 id=discoveryconstraint title="Graphs from tests of independence: PC and FCI"

// %% [markdown] id=intro
// # Graphs from tests of independence: PC and FCI
//
// Two columns that are dependent whatever is held fixed are joined; two that some set separates are not. That gives
// the **skeleton**. Directions come from colliders: where x and y are apart and both joined to z, and z is in *no* set
// that separates them, the arrows must meet in z. Everything else that follows is Meek's rules, and what does not
// follow **stays open**: PC (Spirtes, Glymour and Scheines 2000, here in its order-independent form) returns a class
// of graphs, not one. The data below are simulated, so the truth is known.

// %% [model] id=truth name=world
// talent ~ normal(0, 1)
// luck ~ normal(0, 1)
// fame = 0.9*talent + 0.9*luck + u_fame
// u_fame ~ normal(0, 0.7)
// income = 0.8*fame + u_income
// u_income ~ normal(0, 1)

// %% [simulate] id=draw
// rows = 1500 from world seed 4

// %% [markdown] id=collidertext
// ## A collider gives directions away
//
// Talent and luck have nothing to do with one another, and both make fame. PC finds the collider, and then even the
// arrow to income, which no collider touches: turned round, it would make a second collider that the data deny.

// %% [discover] id=collider
// byPc = pc from rows bootstrap 30

// %% [markdown] id=chaintext
// ## A chain does not
//
// Rain, wetness, slippery: three graphs say exactly the same about every table that could ever be collected. An honest
// search leaves both edges undecided, and a question that hangs on them is answered so.

// %% [model] id=chainworld name=chain
// rain ~ normal(0, 1)
// wet = 0.9*rain + u_wet
// u_wet ~ normal(0, 1)
// slippery = 0.8*wet + u_slippery
// u_slippery ~ normal(0, 1)

// %% [simulate] id=chaindraw
// weather = 1500 from chain seed 2

// %% [discover] id=open
// undecided = pc from weather

// %% [identify] id=openquestion
// openEffect = P(slippery | do(rain)) in undecided

// %% [markdown] id=knowntext
// What no data can decide, a little knowledge does: rain comes first.

// %% [discover] id=known
// decided = pc from weather tiers (rain | wet, slippery)

// %% [identify] id=knownquestion
// effect = P(slippery | do(rain)) in decided

// %% [markdown] id=hiddentext
// ## Causes that nobody measured
//
// Exercise and mood share a cause that is not in the table. PC assumes there is none, and has to be wrong somewhere. FCI
// allows for it: `<->` says that neither causes the other, circles say what is open.

// %% [model] id=hiddenworld name=hidden
// gym ~ normal(0, 1)
// film ~ normal(0, 1)
// latent season ~ normal(0, 1)
// exercise = 0.8*gym + 0.8*season + e
// mood = 0.8*film + 0.8*season + m
// e ~ normal(0, 0.6)
// m ~ normal(0, 0.6)

// %% [simulate] id=hiddendraw
// habits = 2500 from hidden seed 6

// %% [discover] id=both
// pair = pc, fci from habits

// %% id=marks
const marks = pair.map(({ edges }) => edges.find(({ from, to }) => [from, to].sort().join() === "exercise,mood")?.mark ?? "none");
md`Between exercise and mood PC draws \`${marks[0]}\`, FCI \`${marks[1]}\`.`

// %% [markdown] id=outro
// **What to keep.** Tests err, and PC lets an early error spread: look at the shares over resamples before believing an
// arrow. Faithfulness fails where paths cancel. With hundreds of columns the level of the tests should be small.

// %% [$notebook]
// run=auto
// seed=1
