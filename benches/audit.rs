//! A whole audit of one review with the embedded model, at each effort.

use std::sync::atomic::AtomicBool;

use attncheck::attribution::Baseline;
use attncheck::audit::{self, Effort, Plan, TargetKind};
use attncheck::model::Precision;
use attncheck::model::source::HubSettings;
use attncheck::report::settings::Thresholds;
use criterion::{Criterion, criterion_group, criterion_main};

fn whole(c: &mut Criterion) {
    let mut group = c.benchmark_group("audit");
    group.sample_size(10);
    for (name, effort) in [("quick", Effort::Quick), ("standard", Effort::Standard)] {
        let plan = Plan {
            input: concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/texts/reviews.txt").into(),
            limit: Some(1),
            model: None,
            offline: true,
            precision: Precision::F32,
            target: TargetKind::Margin,
            class: None,
            operator: None,
            baseline: Baseline::Mask,
            only: Vec::new(),
            effort,
            sites: Vec::new(),
            seed: 0,
            threads: None,
            maps: false,
            thresholds: Thresholds::default(),
        };
        let hub = HubSettings::from_vars(|_| None, None);
        group.bench_function(name, |b| b.iter(|| audit::audit(&plan, &hub, &(), &AtomicBool::new(false))));
    }
    group.finish();
}

criterion_group!(benches, whole);
criterion_main!(benches);
