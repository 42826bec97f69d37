//! The reverse pass: gradients at embeddings and patterns together, and along a path.

mod support;

use attncheck::model::{Graph, Keep, Probe, Target};
use criterion::{Criterion, criterion_group, criterion_main};
use support::{minilm, text};

fn reverse(c: &mut Criterion) {
    let model = minilm();
    let target = Target::Margin { class: 1, against: 0 };
    let mut group = c.benchmark_group("reverse");
    group.sample_size(20);
    for tokens in [32, 128] {
        let probe = Probe::new(&model, text(tokens), |_| target).expect("a text the model takes");
        group.bench_function(format!("gradients, 1 × {tokens}"), |b| {
            b.iter(|| probe.gradients(target, Graph::Whole, Keep::Every));
        });
        let point = probe.words(&probe.sequence).expect("ids of the vocabulary");
        let path = vec![point; 16];
        group
            .bench_function(format!("path of 16 points, {tokens}"), |b| b.iter(|| probe.gradients_at(&path)));
    }
    group.finish();
}

criterion_group!(benches, reverse);
criterion_main!(benches);
