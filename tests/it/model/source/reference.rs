//! What the user typed for a model.

use attncheck::model::source::{ModelRef, SourceError};

#[test]
fn what_is_typed_is_read_as_embedded_folder_or_hub() {
    let hub = |repo: &str, revision: &str| ModelRef::Hub { repo: repo.into(), revision: revision.into() };
    let parse = |typed| ModelRef::parse(Some(typed)).unwrap();
    assert_eq!(ModelRef::parse(None).unwrap(), ModelRef::Embedded);
    assert_eq!(parse("org/name"), hub("org/name", "main"));
    assert_eq!(parse("org/na.me-1_x@v1.0"), hub("org/na.me-1_x", "v1.0"));
    assert_eq!(parse("org/name@refs/pr/1"), hub("org/name", "refs/pr/1"));
    // The first models have no organisation.
    assert_eq!(parse("bert-base-uncased"), hub("bert-base-uncased", "main"));
    assert_eq!(parse("gpt2@v1"), hub("gpt2", "v1"));
    // This test runs in the crate's own folder.
    assert_eq!(parse("fixtures/models"), ModelRef::Folder("fixtures/models".into()));
    assert_eq!(parse("./src"), ModelRef::Folder("./src".into()));
    assert_eq!(parse("Cargo.toml"), ModelRef::Folder("Cargo.toml".into()));
    assert_eq!(parse("org/name").to_string(), "org/name@main");
}

#[test]
fn what_is_neither_is_refused_with_both_readings() {
    for typed in ["./none", "../none", "/none/such", "~/none/such/folder", "/none/such@main"] {
        assert!(matches!(ModelRef::parse(Some(typed)), Err(SourceError::NoFolder { .. })), "{typed}");
    }
    let neither = [
        "",
        "config.json",
        "weights.safetensors@main",
        "texts.TXT",
        "-bert",
        "bert@",
        "be--rt",
        "models\\bert",
        "a/b/c",
        "org/",
        "/",
        "org/name@",
        "org/name@a..b",
        "org/name@/etc",
        "org/name@a//b",
        "a b/c",
        "org/../name",
        "org/name@x?y",
        "org/na--me",
        "-org/name",
        "org/.name",
        "org/name@a b",
        "örg/name",
        "org/name@./x",
        "org/name@v1@v2",
    ];
    for typed in neither {
        let parsed = ModelRef::parse(Some(typed));
        if typed == "/" {
            assert_eq!(parsed.unwrap(), ModelRef::Folder("/".into()));
            continue;
        }
        let error = parsed.expect_err(typed);
        assert!(matches!(error, SourceError::NeitherReading { .. }), "{typed}: {error:?}");
        let hint = error.hint().unwrap();
        assert!(hint.contains("as a folder") && hint.contains("as a hub id"), "{hint}");
    }
}
