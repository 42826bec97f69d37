//! Cascading randomisation (Adebayo et al. 2018): weights are made random from the top down, and what an
//! attribution says must change with them. One that stays as it was does not depend on what the model learned.
//!
//! Each weight tensor is replaced by normal numbers of its own mean and standard deviation, gains and biases of norms
//! too. First the head, then layer by layer from the top, the embeddings last; what was made random stays so.
//! Layers that share their weights become random together.
//!
//! What cannot change does not: attention is computed below the head, and a layer's pattern depends on its own
//! weights and those below it. So with the top m layers random the patterns of the others are exactly what they
//! were, and rollout and flow change only through the patterns of the random layers.

use candle_core::{Result as Candle, Tensor};
use rand_chacha::ChaCha8Rng;

use crate::attribution::{ALL, Basis, Compute, Method, MethodOptions, PatternsRead, Role, Scores, Shared};
use crate::missing::{Measured, Missing};
use crate::model::probe::to_f64;
use crate::model::visit::Part;
use crate::model::{Model, ModelError, Probe};
use crate::report::Measure;
use crate::report::own::{Cascade, Expected, Followed, Similarity};
use crate::stats::interval::{RESAMPLES, bootstrap_mean};
use crate::stats::rank::{kendall_tau_b, spearman};
use crate::stats::seed::{self, normal};
use crate::subject::Subject;

/// Rank correlation with the original, in size, that counts as unchanged once nothing of the model is left: half
/// the order at least. A convention.
pub const SAME: f64 = 0.5;

/// How much of a model has been made random.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// The part that was added: `head`, `layer 3` (from 0), `layers 0, 1, shared` or `embeddings`.
    pub name: String,
    /// The layers whose weights are random, rising.
    pub layers: Vec<usize>,
    /// Whether the embeddings are random too.
    pub embeddings: bool,
}

impl Stage {
    /// Whether the pattern of `layer` is computed from anything random; what it reads comes from below.
    fn reaches(&self, layer: usize) -> bool {
        self.embeddings || self.layers.first().is_some_and(|lowest| *lowest <= layer)
    }
}

/// The stages of a model, from the head alone to everything.
#[must_use]
pub fn stages(model: &Model) -> Vec<Stage> {
    let transformer = &model.transformer;
    let mut random: Vec<usize> = Vec::new();
    let mut out = vec![Stage { name: "head".to_owned(), layers: Vec::new(), embeddings: false }];
    for layer in (0..transformer.layers.len()).rev() {
        if random.contains(&layer) {
            continue;
        }
        let first = transformer.lowest(layer);
        let mut shared: Vec<usize> = (first..=layer).filter(|l| transformer.lowest(*l) == first).collect();
        let name = if shared.len() == 1 {
            format!("layer {layer}")
        } else {
            let names: Vec<String> = shared.iter().map(usize::to_string).collect();
            format!("layers {}, shared", names.join(", "))
        };
        random.append(&mut shared);
        random.sort_unstable();
        out.push(Stage { name, layers: random.clone(), embeddings: false });
    }
    out.push(Stage { name: "embeddings".to_owned(), layers: random, embeddings: true });
    out
}

/// The model with the first `count` of its [`stages`] random.
///
/// # Errors
///
/// If a tensor operation fails, which is a bug unless memory ran out.
pub fn randomised(model: &Model, count: usize, seed: u64) -> Result<Model, ModelError> {
    let stages = stages(model);
    let reached = stages[..count.min(stages.len())].last();
    let random = |part: Part| {
        reached.is_some_and(|stage| match part {
            Part::Readout => true,
            Part::Layer(layer) => stage.layers.contains(&layer),
            Part::Embedding => stage.embeddings,
        })
    };
    // A stream per tensor, so that a stage keeps the draws of the ones before.
    let mut tensor = 0u64;
    let model = model.map(&mut |part, weight| {
        tensor += 1;
        if !random(part) {
            return Ok(weight.clone());
        }
        redrawn(weight, &mut seed::rng(seed, "randomisation", &format!("tensor {tensor}")))
    })?;
    Ok(model)
}

/// Normal numbers with the tensor's mean and standard deviation.
fn redrawn(weight: &Tensor, rng: &mut ChaCha8Rng) -> Candle<Tensor> {
    let values = to_f64(weight)?;
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
    let draws: Vec<f64> = values.iter().map(|_| mean + deviation * normal(rng)).collect();
    Tensor::from_vec(draws, weight.shape(), weight.device())?.to_dtype(weight.dtype())
}

/// Follows every method through the stages, on texts in one model.
///
/// The target stays the one that was explained: the same classes, whatever the random model predicts. `options` are
/// those of the methods; integrated gradients cost most, so few path steps are wise. Cost: the attributions of a
/// text (L + 3) times.
///
/// # Errors
///
/// If a pass fails. [`Missing::NoExamples`] without texts.
pub fn cascade(
    subjects: &[Subject<'_>],
    options: impl Fn(&Subject<'_>) -> MethodOptions,
    seed: u64,
) -> Result<Measured<Cascade>, ModelError> {
    let Some(first) = subjects.first() else { return Ok(Err(Missing::NoExamples)) };
    let model = first.probe.model;
    let layers = model.spec().layers;
    let stages = stages(model);
    let originals: Vec<Vec<Row>> =
        subjects.iter().map(|s| rows(s, options(s))).collect::<Result<_, ModelError>>()?;
    let mut methods: Vec<Followed> = originals[0]
        .iter()
        .map(|row| Followed {
            method: row.name.clone(),
            role: row.method.role.name().to_owned(),
            stages: Vec::new(),
            insensitive: None,
            broken: Vec::new(),
        })
        .collect();
    for (i, stage) in stages.iter().enumerate() {
        let random = randomised(model, i + 1, seed)?;
        let mut now = Vec::with_capacity(subjects.len());
        for subject in subjects {
            let target = subject.probe.target;
            let again = Subject {
                probe: Probe::new(&random, subject.probe.sequence.clone(), |_| target)?,
                words: subject.words.clone(),
                stream: subject.stream.clone(),
                ..*subject
            };
            now.push(rows(&again, options(&again))?);
        }
        for (place, followed) in methods.iter_mut().enumerate() {
            let row = &originals[0][place];
            let expected = expected(row.method, row.layer, stage, layers);
            let pairs: Vec<_> = originals.iter().zip(&now).map(|(a, b)| (&a[place], &b[place])).collect();
            let mut rng = seed::rng(seed, &row.name, &stage.name);
            let (similarity, exact) = compare(&pairs, expected, &mut rng);
            if expected == Expected::Same && !exact {
                followed.broken.push(stage.name.clone());
            }
            followed.stages.push(similarity);
        }
    }
    for followed in &mut methods {
        let last = followed.stages.last().filter(|last| last.expected == Expected::Changes);
        followed.insensitive = last.and_then(|last| last.absolute_low).map(|low| low > SAME);
    }
    let stages = stages.into_iter().map(|stage| stage.name).collect();
    Ok(Ok(Cascade { texts: subjects.len(), stages, methods }))
}

/// What must hold of a method's scores in a model of `layers` layers; `layer` is a single head's.
fn expected(method: &Method, layer: Option<usize>, stage: &Stage, layers: usize) -> Expected {
    let change = |reached: bool| if reached { Expected::Changes } else { Expected::Same };
    let last = layers.saturating_sub(1);
    match (method.role, method.basis, method.reads) {
        (Role::Control, ..) => Expected::Same,
        (Role::Reference, ..) | (_, Basis::AttentionGradient, _) => Expected::Changes,
        (Role::Reading, _, PatternsRead::Head) => change(stage.reaches(layer.unwrap_or(last))),
        (Role::Reading, _, PatternsRead::LastRow) => change(stage.reaches(last)),
        // Of every layer's patterns, those below the stage are as they were.
        (Role::Reading, ..) if stage.reaches(last) && !stage.reaches(0) => Expected::Partly,
        (Role::Reading, ..) => change(stage.reaches(last)),
    }
}

/// A method's scores on one text; of a layer's heads, all of them.
struct Row {
    name: String,
    method: &'static Method,
    layer: Option<usize>,
    scores: Vec<Measured<Scores>>,
}

fn rows(subject: &Subject<'_>, options: MethodOptions) -> Result<Vec<Row>, ModelError> {
    let spec = subject.probe.model.spec();
    let shared = Shared::new(subject, options);
    let mut out = Vec::new();
    for method in ALL {
        if let Some(outcome) = method.scores(&shared) {
            out.push(Row { name: method.name.to_owned(), method, layer: None, scores: vec![outcome?] });
        }
    }
    for method in ALL.iter().filter(|method| matches!(method.compute, Compute::PerHead(_))) {
        for layer in 0..spec.layers {
            let heads = (0..spec.heads.count).filter_map(|h| method.scores_of_head(&shared, layer, h));
            let scores = heads.collect::<Candle<Vec<_>>>()?;
            let name = format!("{}:{layer}.*", method.name);
            out.push(Row { name, method, layer: Some(layer), scores });
        }
    }
    Ok(out)
}

/// The means over texts, and whether every score is what it was.
fn compare(pairs: &[(&Row, &Row)], expected: Expected, rng: &mut ChaCha8Rng) -> (Similarity, bool) {
    let (mut signed, mut absolute, mut tau) = (Vec::new(), Vec::new(), Vec::new());
    let mut exact = true;
    for (before, after) in pairs {
        let (mut s, mut a, mut t) = (Vec::new(), Vec::new(), Vec::new());
        for (before, after) in before.scores.iter().zip(&after.scores) {
            exact &= match (before, after) {
                (Ok(x), Ok(y)) => x.words == y.words,
                (Err(x), Err(y)) => x == y,
                _ => false,
            };
            let (Ok(x), Ok(y)) = (before, after) else { continue };
            if !(x.converged() && y.converged()) {
                continue;
            }
            let size = |scores: &Scores| scores.words.iter().map(|w| w.abs()).collect::<Vec<_>>();
            s.extend(spearman(&x.words, &y.words));
            a.extend(spearman(&size(x), &size(y)));
            t.extend(kendall_tau_b(&x.words, &y.words));
        }
        for (of, one) in [(&mut signed, s), (&mut absolute, a), (&mut tau, t)] {
            of.extend(crate::stats::order::mean(&one));
        }
    }
    let mean = |values: &[f64]| -> Measure<f64> {
        crate::stats::order::mean(values).ok_or(Missing::Constant).into()
    };
    let bounds = bootstrap_mean(&absolute, RESAMPLES, rng).and_then(|interval| interval.bounds);
    let similarity = Similarity {
        expected,
        texts: signed.len(),
        spearman: mean(&signed),
        absolute: mean(&absolute),
        absolute_low: bounds.map(|(low, _)| low),
        absolute_high: bounds.map(|(_, high)| high),
        tau: mean(&tau),
    };
    (similarity, exact)
}
