//! A planted model survives being written as a folder and read back.

use attncheck::controls::{Control, Planted, Recipe};
use attncheck::model::Precision;

use crate::support::planted;

#[test]
fn folder_gives_the_same_model_and_text() {
    for (kind, heads) in [(Planted::OnlyPath, 3), (Planted::Mixing, 2), (Planted::Random, 4)] {
        let control = Control::plant(Recipe { heads, ..Recipe::new(kind, 20, 1) }).unwrap();
        let folder = tempfile::tempdir().unwrap();
        planted::save(&control, folder.path());
        let (model, tokenizer) = planted::load(folder.path(), Precision::F32);
        let text = control.text(0);
        let line = text.pieces[1..text.pieces.len() - 1].join(" ");
        let tokens = tokenizer.encode(&line).unwrap();
        assert_eq!(tokens.ids, text.sequence.ids);
        let words: Vec<_> = tokens.words.iter().map(|w| w.pieces.clone()).collect();
        assert_eq!(words, text.words);
        assert_eq!(tokenizer.special_ids().mask, Some(control.mask()));
        assert_eq!(tokenizer.special_ids().pad, Some(control.pad()));
        let sequences = [text.sequence];
        assert_eq!(model.logits(&sequences).unwrap(), control.model.logits(&sequences).unwrap());
        assert_eq!(model.labels, control.model.labels);
    }
}
