//! Every kind of planted model with the function that designs it.

use super::design::{Builder, Design};
use super::planted::Planted;
use super::recipe::Recipe;
use super::{decoders, faithful, frozen, interaction, null, unfaithful};

/// The design of a recipe; `None` for random weights, which have none.
pub(super) fn design(recipe: &Recipe) -> Option<Design> {
    let builder = Builder::new(recipe);
    let design = match recipe.kind {
        Planted::OnlyPath => faithful::only_path(&builder),
        Planted::Sink => faithful::sink(&builder),
        Planted::Negative => faithful::negative(&builder),
        Planted::Decoy => unfaithful::decoy(&builder),
        Planted::Bypass => unfaithful::bypass(&builder),
        Planted::BypassAligned => unfaithful::bypass_aligned(&builder),
        Planted::Redundant => unfaithful::redundant(&builder),
        Planted::Mixing => unfaithful::mixing(&builder),
        Planted::And | Planted::Or | Planted::Xor => interaction::two_words(&builder),
        Planted::Constant => null::constant(&builder),
        Planted::OneWord => faithful::one_word(&builder),
        Planted::SeveralWords => faithful::several_words(&builder),
        Planted::RandomMaps => frozen::random_maps(&builder),
        Planted::OneHead => frozen::one_head(&builder),
        Planted::NullDecoys => unfaithful::null_decoys(&builder),
        Planted::Copies => unfaithful::copies(&builder),
        Planted::FrozenUniform => frozen::uniform(&builder),
        Planted::FrozenRandom => frozen::random(&builder),
        Planted::Induction => decoders::induction(&builder),
        Planted::Fact => decoders::fact(&builder),
        Planted::PositionSink => decoders::position_sink(&builder),
        Planted::DecoyHead => decoders::decoy_head(&builder),
        Planted::Window => decoders::window(&builder),
        Planted::Random => return None,
    };
    Some(design)
}
