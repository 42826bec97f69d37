//! candle-transformers' BERT as a second oracle, beside the Python libraries: it hides attention, but not states.

use attncheck::model::probe::to_f64;
use attncheck::model::source::{HubSettings, ModelRef, WeightFile, Weights, open};
use attncheck::model::tap::Untapped;
use attncheck::model::{Model, Precision, Probe, Rows, Sequence, Target};
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};

#[test]
fn last_states_agree_with_candle_transformers() {
    let hub = HubSettings::from_vars(|_| None, None);
    let files = open(&ModelRef::Embedded, &hub, &()).unwrap();
    let Weights::Safetensors(weights) = &files.weights else { panic!("the embedded model is safetensors") };
    let WeightFile::Static { bytes, .. } = &weights[0] else { panic!("the embedded model is in the binary") };
    let config: Config = serde_json::from_slice(&files.config).unwrap();
    let builder = VarBuilder::from_slice_safetensors(bytes, DType::F32, &Device::Cpu).unwrap();
    let oracle = BertModel::load(builder.pp("bert"), &config).unwrap();
    let model = Model::load(&files.config, &files.weights, Precision::F32).unwrap();

    let ids: Vec<u32> = vec![2, 43, 3330, 198, 16, 2151, 171, 691, 148, 260, 265, 6400, 122, 1787, 3];
    let t = ids.len();
    let input = Tensor::from_slice(&ids, (1, t), &Device::Cpu).unwrap();
    let expected = oracle.forward(&input, &input.zeros_like().unwrap(), None).unwrap();
    let sequence = Sequence::new(ids, vec![0; t], 0, model.spec().positions);
    let probe = Probe::new(&model, sequence, |_| Target::Logit(0)).unwrap();
    let top = model.transformer.run(probe.state(0), Rows::All, &mut Untapped).unwrap();
    let found = to_f64(&top).unwrap();
    let expected = to_f64(&expected).unwrap();
    assert_eq!(found.len(), expected.len());
    let worst = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-5, "{worst}");
}
