//! Which layers see a window only: `sliding_window`, `layer_types`, and what stands for them where they are absent.

use serde_json::Value;

use super::Config;
use super::config::{shown, unsupported};
use crate::model::error::ModelError;
use crate::model::scoring::Reach;

/// The names of the two kinds of layers in `layer_types`.
pub(super) const SLIDING: &str = "sliding_attention";
pub(super) const FULL: &str = "full_attention";

/// Keys that a query of each layer sees, its own included; none where it sees all before it.
pub(super) type Windows = Vec<Option<usize>>;

/// The window in every layer, where there is one.
pub(super) fn everywhere(config: &Config) -> Result<Windows, ModelError> {
    let window = config.optional("sliding_window", 1)?;
    Ok(vec![window; config.count("num_hidden_layers")?])
}

/// The window in the layers that `layer_types` names, or else those for which `slides` holds.
pub(super) fn by_kind(
    config: &Config,
    window: Option<usize>,
    slides: impl Fn(usize) -> bool,
) -> Result<Windows, ModelError> {
    let layers = config.count("num_hidden_layers")?;
    let field = "layer_types";
    let kinds: Vec<bool> = match config.get(field) {
        None => (0..layers).map(|l| window.is_some() && slides(l)).collect(),
        Some(Value::Array(named)) if named.len() == layers => {
            let slides = |kind: &Value| match kind.as_str() {
                Some(SLIDING) => Ok(true),
                Some(FULL) => Ok(false),
                _ => Err(unsupported(field, &shown(kind))),
            };
            named.iter().map(slides).collect::<Result<_, _>>()?
        }
        Some(other) => {
            return Err(config.fail(format!("{field} is {}, not a list of {layers} kinds", shown(other))));
        }
    };
    let of = |slides: bool| match (slides, window) {
        (false, _) => Ok(None),
        (true, Some(window)) => Ok(Some(window)),
        (true, None) => Err(config.fail(format!("{field} names {SLIDING}, but there is no window"))),
    };
    kinds.into_iter().map(of).collect()
}

/// Who sees whom in each layer.
pub(super) fn reaches(windows: &[Option<usize>]) -> Vec<Reach> {
    let reach = |window: &Option<usize>| match window {
        Some(window) => Reach::Window { back: window - 1, ahead: 0 },
        None => Reach::Causal,
    };
    windows.iter().map(reach).collect()
}
