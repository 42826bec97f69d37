//! A whole audit of one review with the embedded model, at each effort.

use std::sync::atomic::AtomicBool;

use attncheck::audit::{self, Effort, Plan};
use attncheck::model::source::HubSettings;
use criterion::{Criterion, criterion_group, criterion_main};

fn whole(c: &mut Criterion) {
    let mut group = c.benchmark_group("audit");
    group.sample_size(10);
    for (name, effort) in [("quick", Effort::Quick), ("standard", Effort::Standard)] {
        let texts = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/texts/reviews.txt");
        let plan = Plan { limit: Some(1), effort, ..Plan::of(texts.into()) };
        let hub = HubSettings::from_vars(|_| None, None);
        group.bench_function(name, |b| {
            b.iter(|| audit::audit(&plan, &hub, &(), &AtomicBool::new(false), &mut ()));
        });
    }
    group.finish();
}

criterion_group!(benches, whole);
criterion_main!(benches);
