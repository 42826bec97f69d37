use attncheck::controls::{Shortcut, ShortcutModel, ShortcutRecipe};
use std::time::Instant;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let kind = Shortcut::ALL[args[1].parse::<usize>().unwrap()];
    let mut recipe = ShortcutRecipe::new(kind, args[2].parse().unwrap());
    if let Some(r) = args.get(3) {
        recipe.rate = r.parse().unwrap();
    }
    if let Some(r) = args.get(4) {
        recipe.layers = r.parse().unwrap();
    }
    let start = Instant::now();
    match ShortcutModel::train(recipe) {
        Ok(m) => println!("{kind} {:?} {:?}", m.learned, start.elapsed()),
        Err(e) => println!("{kind} {e} {:?}", start.elapsed()),
    }
}
