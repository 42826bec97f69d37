//! Temporary.
use std::sync::atomic::AtomicBool;
use attncheck::audit::{self, Effort, Plan, TargetKind};
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let plan = Plan { input: a[1].clone().into(), limit: a.get(3).map(|x| x.parse().unwrap()), model: attncheck::model::source::ModelRef::parse(a.get(2).map(String::as_str).filter(|x| *x != "-")).unwrap(), offline: true,
        precision: attncheck::model::Precision::F32, target: TargetKind::Margin, class: None, operator: None, baseline: attncheck::attribution::Baseline::Mask, only: vec![], effort: Effort::Standard, sites: vec![], seed: 0, threads: None, maps: false,
        thresholds: attncheck::report::settings::Thresholds { margin: 0.05, epsilon: 0.05, jsd: 0.4, ceiling: 0.5, words: 8, alpha: 0.05 } };
    let r = audit::audit(&plan, &attncheck::model::source::HubSettings::from_env(), &(), &AtomicBool::new(false)).unwrap();
    for e in &r.examples {
        println!("{} n={} {:?} {:.3} ceil {:?} ops {:?}", e.id, e.words.len(), e.prediction.label, e.prediction.probability, e.reliability.ceiling.value, e.reliability.operators.value);
        for x in &e.readings { if !x.sinks_removed { let z = x.erasure.value.as_ref(); println!("  {:26} {:?} rung {} tau {:?} excess {:?} [{:?},{:?}] p {:?}", x.method, x.verdict.verdict, x.verdict.rung, x.agreement[0].tau.value.map(|v| (v*100.).round()/100.), z.map(|z| (z.excess*1000.).round()/1000.), z.map(|z| (z.excess_low*1000.).round()/1000.), z.map(|z| (z.excess_high*1000.).round()/1000.), z.map(|z| (z.excess_p*1000.).round()/1000.)); } }
        for s in &e.swaps { println!("  swap {} lev {:?} out {:?} cf {:?}", s.site, s.leverage.value, s.outcome, s.counterfactual.value.as_ref().map(|c| (c.found_by.clone(), c.jsd, c.tvd))); }
        for p in &e.passes { print!(" {} {:.1};", p.step, p.forwards); }
        println!(" total {:.0}", e.passes.iter().map(|p| p.forwards).sum::<f64>());
        for x in &e.references { if let Some(s) = x.steps { println!("  ig steps {s} residual {:?} target {}", x.residual, e.target); } }
    }
    for x in &r.summary.readings { if !x.sinks_removed { println!("{} {:?}", x.method, x.verdicts.iter().filter(|v| v.count > 0).map(|v| (v.verdict, v.count)).collect::<Vec<_>>()); } }
    println!("ceiling {:?} ops {:?}", r.summary.ceiling.value, r.summary.operators.value);
}
