//! The command, and inputs that are no good.

use super::golden::model;
use crate::support::program::Folder;

#[track_caller]
fn refused(folder: &Folder, args: &[&str], told: &[&str]) {
    let (status, out, err) = folder.ran(&[&["align"], args].concat());
    assert_eq!((status, out.as_str()), (2, ""), "{args:?}: {err}");
    assert_eq!(err.matches("error: ").count(), 1, "{err}");
    for told in told {
        assert!(err.contains(told), "{told}: {err}");
    }
}

#[test]
fn what_is_no_good_is_one_error() {
    let model = model().display().to_string();
    let folder = Folder::with("the house ||| la maison\nthe dog ||| \n");
    folder.write("pairs.txt", b"the house ||| la maison\nthe dog ||| le chien\n");
    folder.write("one.txt", b"1-1 2-2\n1-1 2-2\n");
    folder.write("past.txt", b"0-0 1-1\n0-0 1-2\n");
    folder.write("few.txt", b"0-0\n");
    let with = |pairs: &'static str, more: &[&str]| -> Vec<String> {
        let own = [pairs, "--model", &model];
        own.iter().chain(more).map(|arg| (*arg).to_owned()).collect()
    };
    let all: [(Vec<String>, &[&str]); 9] = [
        (with("texts.txt", &[]), &["line 2", "target"]),
        (with("missing.txt", &[]), &["no such file"]),
        (with("pairs.txt", &["--gold", "past.txt"]), &["line 2", "1-2"]),
        (with("pairs.txt", &["--gold", "few.txt", "--gold-first", "0"]), &["few.txt"]),
        (with("pairs.txt", &["--gold", "one.txt", "--gold-first", "0"]), &["line 1", "2-2"]),
        (with("pairs.txt", &["--layer", "3"]), &["no layer 3", "0 to 2"]),
        (with("pairs.txt", &["--head", "4"]), &["no head 4", "0 to 3"]),
        (with("pairs.txt", &["--target-language", "fr_XX"]), &["fr_XX"]),
        (with("pairs.txt", &["--symmetrize", "no-such-folder"]), &["no-such-folder"]),
    ];
    for (args, told) in &all {
        refused(&folder, &args.iter().map(String::as_str).collect::<Vec<_>>(), told);
    }
    // A classifier writes nothing.
    let tiny = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/models/sst2-tiny-s1");
    refused(&folder, &["pairs.txt", "--model", tiny], &["no encoder-decoder", "\n\nhint: "]);
    // No report takes the place of what is read.
    refused(&folder, &["pairs.txt", "--model", &model, "-o", "pairs.txt"], &["holds the pairs"]);
    refused(
        &folder,
        &["pairs.txt", "--model", &model, "--gold", "one.txt", "-o", "one.txt"],
        &["holds links"],
    );
}

#[test]
fn pairs_are_aligned_and_translated() {
    let model = model().display().to_string();
    let folder = Folder::with("The children are playing in the garden.\n");
    // More words than the model has places.
    let long = "the house ||| ".to_owned() + &"la maison ".repeat(400) + "\nthe house ||| la maison\n";
    folder.write("long.txt", long.as_bytes());
    let (status, out, err) = folder.ran(&["align", "long.txt", "--model", &model]);
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(out.contains("not audited") && out.contains("output  0-0 1-1"), "{out}");
    assert!(out.lines().all(|line| line.chars().count() <= 80));
    let (status, out, err) =
        folder.ran(&["align", "texts.txt", "--model", &model, "--translate", "--layer", "2", "--head", "0"]);
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(out.contains("les 1:enfants 2:jouent"), "{out}");
    // Links of the other direction, as they are written.
    folder.write("back.txt", b"\n0-0 1-1\n");
    let (status, out, err) = folder.ran(&[
        "align",
        "long.txt",
        "--model",
        &model,
        "--symmetrize",
        "back.txt",
        "--format",
        "pharaoh",
        "--layer",
        "2",
    ]);
    assert_eq!((status, err.as_str()), (0, ""));
    assert_eq!(out, "\n0-0 1-1\n");
}
