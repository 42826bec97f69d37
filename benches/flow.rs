//! Attention flow from one row to all input tokens, over layers and lengths.

use attncheck::attribution::flow::{flow, flow_certified};
use attncheck::attribution::rollout::{Mixed, rollout};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Softmax patterns as sharp as a trained model's head means.
fn patterns(layers: usize, tokens: usize) -> Mixed {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let layer = |_| -> Vec<f64> {
        (0..tokens)
            .flat_map(|_| {
                let row: Vec<f64> = (0..tokens).map(|_| (4.0 * rng.random::<f64>()).exp()).collect();
                let sum: f64 = row.iter().sum();
                row.into_iter().map(move |w| w / sum).collect::<Vec<_>>()
            })
            .collect()
    };
    let layers: Vec<Vec<f64>> = (0..layers).map(layer).collect();
    Mixed::from_patterns(&layers, tokens).expect("random softmax patterns are valid")
}

fn benches(c: &mut Criterion) {
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool of one thread");
    for (name, solve) in [
        ("flow", (|m: &Mixed| flow(m, 0).map(|f| f.iter().sum())) as fn(&Mixed) -> Result<f64, _>),
        ("flow_certified", |m| flow_certified(m, 0).map(|f| f.iter().map(|c| c.flow).sum())),
        ("rollout", |m| rollout(m, 0).map(|f| f.iter().sum())),
    ] {
        let mut group = c.benchmark_group(name);
        group.sample_size(10);
        for layers in [6, 12] {
            for tokens in [32, 64, 128] {
                let mixed = patterns(layers, tokens);
                group.bench_function(BenchmarkId::new(format!("L{layers}"), tokens), |b| {
                    b.iter(|| one.install(|| solve(&mixed)));
                });
            }
        }
        group.finish();
    }
}

criterion_group!(all, benches);
criterion_main!(all);
