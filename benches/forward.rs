//! The forward pass: with every pattern kept, and the logits of batches.

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use support::{minilm, text};

fn forward(c: &mut Criterion) {
    let model = minilm();
    let mut group = c.benchmark_group("forward");
    for tokens in [32, 128] {
        let one = text(tokens);
        group.bench_function(format!("trace, 1 × {tokens}"), |b| b.iter(|| model.trace(&one)));
        let eight = vec![one.clone(); 8];
        group.bench_function(format!("logits, 8 × {tokens}"), |b| b.iter(|| model.logits(&eight)));
    }
    group.finish();
}

criterion_group!(benches, forward);
criterion_main!(benches);
