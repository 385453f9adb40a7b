/** The exported page's own style sheet: the notebook's look, with the fonts that a reader has. */
export const style = `
:root{--ink:#1b1e23;--paper:#fff;--muted:#5f6570;--line:#dcdee2;--tint:#f6f7f8;--see:#2d4a88;--do:#287d79;--imagine:#8b5dce;--stale:#8f5d02;--error:#78292e}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/26px "Source Serif 4",Georgia,serif}
main{max-width:960px;margin:48px auto;padding:0 24px}
h1{font-size:32px;line-height:40px;margin:0 0 24px}h2,h3,h4{line-height:1.3;margin:24px 0 8px}
.prose,header{max-width:680px}
.cell{margin:16px 0;padding-left:16px;border-left:3px solid transparent}
.cell.rung-1{border-color:var(--see)}.cell.rung-2{border-color:var(--do)}.cell.rung-3{border-color:var(--imagine)}
.cell.stale{border-color:var(--stale)}.cell.failed{border-color:var(--error)}
.label,.stale-note,small,caption,.facts,footer{font:12px/18px Inter,system-ui,sans-serif;color:var(--muted)}
pre,code{font:13px/20px "JetBrains Mono",ui-monospace,monospace;tab-size:2}
pre{background:var(--tint);border-radius:4px;padding:8px 12px;overflow-x:auto;margin:4px 0;white-space:pre-wrap}
table{border-collapse:collapse;font:13px/18px Inter,system-ui,sans-serif;font-variant-numeric:tabular-nums;margin:8px 0}
th,td{padding:4px 12px 4px 0;border-bottom:1px solid var(--line);text-align:left}th{font-weight:600}
.right{text-align:right}.null{color:var(--muted)}.wide{overflow-x:auto}caption{caption-side:bottom;text-align:left;padding-top:4px}
.notice{border:1px solid var(--line);border-left:3px solid var(--do);border-radius:4px;padding:4px 12px;margin:8px 0}
.notice p{margin:4px 0}.notice.warning{border-left-color:var(--stale)}.notice.error{border-left-color:var(--error)}.notice.info{border-left-color:var(--see)}
.stat strong{font-size:22px;font-variant-numeric:tabular-nums}
.facts{display:flex;flex-wrap:wrap;gap:4px 24px;margin:8px 0}.facts div{display:flex;gap:8px}.facts dd{margin:0;color:var(--ink)}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(260px,1fr));gap:24px}
.formula{overflow-x:auto;margin:8px 0}.claim b{margin-right:8px}.claim.rung-1 b{color:var(--see)}.claim.rung-2 b{color:var(--do)}.claim.rung-3 b{color:var(--imagine)}
figure{margin:8px 0;overflow-x:auto}img{max-width:100%}iframe{width:100%;height:320px;border:1px solid var(--line);border-radius:4px}
.tree{list-style:none;margin:0;padding-left:16px}summary{cursor:pointer}
.graph svg{max-width:100%;height:auto}.graph rect{fill:#fff;stroke:var(--muted);stroke-width:1.2}.graph .latent rect{stroke-dasharray:4 3}
.graph .treatment rect{stroke:var(--do);stroke-width:2}.graph .outcome rect{stroke:var(--see);stroke-width:2}.graph .adjusted rect{fill:var(--tint)}
.graph text{font:500 13px Inter,system-ui,sans-serif;fill:var(--ink)}.graph .edge{fill:none;stroke:var(--ink);stroke-width:1.3}
.graph .arc{stroke-dasharray:5 4}.graph .open{stroke:var(--error);stroke-width:2.2}.graph .effect{stroke:var(--do);stroke-width:2.2}.graph .blocked{stroke:var(--muted)}
.doubt{font:13px/18px Inter,system-ui,sans-serif;color:var(--stale);margin:6px 0}.doubted .shown{opacity:.62;filter:grayscale(1)}.cell.doubted{border-left-style:dashed;border-color:var(--stale)}
.ledger ul{margin:8px 0;padding-left:20px}.ledger .off{color:var(--muted)}.graph .doubt{stroke:var(--stale);stroke-width:2;stroke-dasharray:1.5 4;stroke-linecap:round}
@media print{main{margin:0}.cell{break-inside:avoid}}
`;
