//! Patterns are in the documents where they were asked for, and on a page in any case.

use super::{QUICK, folder, text};

#[test]
fn a_page_beside_a_document_changes_nothing_in_it() {
    let folder = folder();
    let run = |formats: &[&str]| {
        let (status, _, err) = folder.ran(&[&QUICK[..], formats].concat());
        assert_eq!((status, err.as_str()), (0, ""), "{formats:?}");
    };
    run(&["-f", "json=alone.json", "-f", "jsonl=alone.jsonl"]);
    run(&["-f", "json=beside.json", "-f", "jsonl=beside.jsonl", "-f", "html=beside.html"]);
    assert!(folder.read("alone.json") == folder.read("beside.json"));
    assert!(folder.read("alone.jsonl") == folder.read("beside.jsonl"));
    let page = text(&folder.read("beside.html"));
    assert_eq!(page.matches("data:image/png;base64,").count(), 2 * 16);
    run(&["-f", "json=maps.json", "-f", "html=maps.html", "--maps"]);
    assert!(text(&folder.read("maps.json")).contains("\"patterns\""));
    assert!(folder.read("maps.html") == folder.read("beside.html"), "the page hangs on --maps");
}

#[test]
fn a_page_of_a_run_that_was_taken_up_says_what_it_lacks() {
    let folder = folder();
    let lines = [&QUICK[..], &["-f", "jsonl=r.jsonl"]].concat();
    assert_eq!(folder.ran(&lines).0, 0);
    let whole = folder.read("r.jsonl");
    let two: usize = whole.split_inclusive(|byte| *byte == b'\n').take(2).map(<[u8]>::len).sum();
    folder.write("r.jsonl", &whole[..two]);
    assert_eq!(folder.ran(&[&lines[..], &["-f", "html=r.html", "--resume"]].concat()).0, 0);
    let page = text(&folder.read("r.html"));
    assert_eq!(page.matches("The patterns were not kept").count(), 1);
    assert_eq!(page.matches("data:image/png;base64,").count(), 16);
}
