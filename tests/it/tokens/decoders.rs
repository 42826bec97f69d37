//! Decoders' tokenizers against the transformers library: every class, with and without tokenizer.json, on hard texts, and
//! the chats of their templates.

use attncheck::tokens::{TokenError, Tokenizer, Units};
use serde::Deserialize;
use serde_json::Value;
use unicode_segmentation::UnicodeSegmentation;

use super::check;
pub use super::folders::Folder;
use crate::support::tokenizers::bytes;

#[derive(Deserialize)]
struct Golden {
    texts: Vec<String>,
    chats: Vec<String>,
    variants: Vec<Variant>,
}

#[derive(Deserialize)]
struct Variant {
    #[serde(flatten)]
    folder: Folder,
    cases: Vec<Case>,
    pair: Pair,
    chats: Vec<Chat>,
}

/// Of the text at the same place.
#[derive(Deserialize)]
struct Case {
    ids: Vec<u32>,
    /// Start and end of every piece, in characters.
    offsets: Vec<usize>,
    /// Places of the tokens that the tokenizer adds.
    special: Vec<usize>,
}

#[derive(Deserialize)]
struct Pair {
    ids: Vec<u32>,
    types: Vec<u32>,
}

#[derive(Deserialize)]
struct Chat {
    rendered: String,
    ids: Option<Vec<u32>>,
}

fn golden() -> Golden {
    serde_json::from_slice(&bytes("golden/token_decoders.json")).unwrap()
}

/// The folders of the golden.
pub fn folders() -> Vec<Folder> {
    golden().variants.into_iter().map(|variant| variant.folder).collect()
}

/// One of them.
pub fn tokenizer(name: &str) -> Tokenizer {
    folders().iter().find(|folder| folder.name == name).unwrap().read().unwrap()
}

#[test]
fn texts_are_encoded_as_transformers_encodes_them() {
    let golden = golden();
    assert!(golden.variants.len() > 30 && golden.texts.len() > 40);
    for Variant { folder, cases, pair, .. } in &golden.variants {
        let name = &folder.name;
        let tokenizer = folder.read().unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(cases.len() >= 18, "{name}");
        for (text, case) in golden.texts.iter().zip(cases) {
            let tokens = tokenizer.encode(text).unwrap();
            assert_eq!(tokens.ids, case.ids, "{name} {text:?} {:?}", tokens.pieces);
            let offsets: Vec<usize> =
                tokens.char_offsets.iter().flat_map(|range| [range.start, range.end]).collect();
            assert_eq!(offsets, case.offsets, "{name} {text:?} {:?}", tokens.pieces);
            let special: Vec<usize> = (0..tokens.len()).filter(|&at| tokens.special[at]).collect();
            assert_eq!(special, case.special, "{name} {text:?}");
            check(text, &tokens);
            for units in [Units::Words, Units::Pieces] {
                check(text, &tokenizer.encode_units(text, None, units).unwrap());
            }
        }
        let tokens = tokenizer.encode_pair("the film is good", Some("Nobody knows it")).unwrap();
        assert_eq!(tokens.ids, pair.ids, "{name}");
        assert_eq!(tokens.type_ids, pair.types, "{name}");
    }
}

#[test]
fn no_word_ends_within_what_is_seen_as_one_character() {
    let golden = golden();
    for folder in golden.variants.iter().map(|variant| &variant.folder) {
        let tokenizer = folder.read().unwrap();
        for text in &golden.texts {
            let starts: Vec<usize> = text.grapheme_indices(true).map(|(at, _)| at).collect();
            let tokens = tokenizer.encode(text).unwrap();
            for words in tokens.words.windows(2).filter(|words| words[0].end == words[1].start) {
                assert!(starts.contains(&words[1].start), "{} {text:?}: {words:?}", folder.name);
            }
        }
    }
}

/// Whatever a normaliser composes or takes away: a word is shown as it stands in the text.
#[test]
fn words_are_shown_with_every_mark_of_the_text() {
    let marked = [
        "cafe\u{301}",
        "na\u{308}i\u{308}ve",
        "Vie\u{323}\u{302}t",
        "a\u{301}\u{323}",
        "\u{645}\u{64e}\u{631}",
        "\u{915}\u{94d}\u{937}\u{93f}",
        "\u{1100}\u{1161}\u{11a8}",
        "\u{212b}ngstro\u{308}m",
        "\u{1f44d}\u{1f3fd}",
        "\u{2764}\u{fe0f}",
    ];
    let names: Vec<String> = golden().variants.into_iter().map(|variant| variant.folder.name).collect();
    for name in names {
        let tokenizer = tokenizer(&name);
        for unit in [Units::Words, Units::Pieces] {
            for (i, word) in marked.iter().enumerate() {
                let other = marked[(i + 3) % marked.len()];
                for text in
                    [(*word).to_owned(), format!("{word} film"), format!("a {word}, {other}\u{301} {word}")]
                {
                    let tokens = tokenizer.encode_units(&text, None, unit).unwrap();
                    check(&text, &tokens);
                    let starts: Vec<usize> = text.grapheme_indices(true).map(|(at, _)| at).collect();
                    for word in &tokens.words {
                        let whole = word.end == text.len() || starts.contains(&word.end);
                        let parted = tokens.words.iter().any(|next| next.start == word.end);
                        assert!(whole || (parted && unit == Units::Pieces), "{name} {text:?}: {word:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_letter_with_its_marks_parts_no_word() {
    for name in ["gpt2", "qwen2", "llama3", "gemma2"] {
        let tokenizer = tokenizer(name);
        for (text, expected) in [
            ("nai\u{308}ve cafe\u{301}s", vec!["nai\u{308}ve", "cafe\u{301}s"]),
            ("\u{645}\u{6cc}\u{200c}\u{62e}\u{648}", vec!["\u{645}\u{6cc}\u{200c}\u{62e}\u{648}"]),
            (
                "a \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} b",
                vec!["a", "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}", "b"],
            ),
        ] {
            let tokens = tokenizer.encode(text).unwrap();
            assert_eq!(super::words(&tokens), expected, "{name} {:?}", tokens.pieces);
        }
    }
}

#[test]
fn a_prompt_is_open_at_its_end() {
    for (name, first, last) in [
        ("gpt2", Some("<s>"), Some("</s>")),
        ("gpt2-files", None, None),
        ("gpt2-files-bos", Some("<s>"), Some("</s>")),
        ("opt-files", Some("</s>"), None),
        ("neox-files", None, Some("</s>")),
        ("llama", Some("<s>"), None),
    ] {
        let tokenizer = tokenizer(name);
        let (closed, open) =
            (tokenizer.encode("a film").unwrap(), tokenizer.encode_prompt("a film", Units::Words).unwrap());
        let bare = usize::from(first.is_some());
        assert_eq!(closed.pieces.first().map(String::as_str).filter(|_| closed.special[0]), first, "{name}");
        let end = closed.len() - 1;
        assert_eq!(Some(closed.pieces[end].as_str()).filter(|_| closed.special[end]), last, "{name}");
        assert!(!open.special[open.len() - 1], "{name}");
        assert_eq!(open.ids, closed.ids[..open.len()], "{name}");
        assert_eq!(open.special.iter().filter(|special| **special).count(), bare, "{name}");
        assert_eq!(open.words, closed.words, "{name}");
    }
}

#[test]
fn chats_are_rendered_and_encoded_as_transformers_does_it() {
    let golden = golden();
    let mut encoded = 0;
    for Variant { folder, chats, .. } in &golden.variants {
        let tokenizer = folder.read().unwrap();
        if chats.is_empty() {
            assert!(matches!(tokenizer.encode_chat("a", Units::Words), Err(TokenError::NoChat)));
            continue;
        }
        for (text, chat) in golden.chats.iter().zip(chats) {
            let name = &folder.name;
            assert_eq!(tokenizer.render_chat(text).unwrap(), chat.rendered, "{name} {text:?}");
            let tokens = tokenizer.encode_chat(text, Units::Words).unwrap();
            if let Some(ids) = &chat.ids {
                assert_eq!(&tokens.ids, ids, "{name} {text:?} {:?}", tokens.pieces);
                encoded += 1;
            }
            check(text, &tokens);
            let words: String = tokens.words.iter().map(|word| word.text.as_str()).collect();
            let bare = |text: &str| text.split_whitespace().collect::<String>();
            assert_eq!(bare(&words), bare(text), "{name} {:?}", tokens.pieces);
            // Nothing that the user says is a token that structures the chat.
            assert_eq!(tokens.typed_specials, Vec::<usize>::new(), "{name} {text:?} {:?}", tokens.pieces);
        }
    }
    assert!(encoded > 80, "{encoded}");
}

#[test]
fn what_a_folder_names_is_read_where_it_stands() {
    let names = |name: &str| -> Vec<String> {
        let folders = folders();
        let folder = folders.iter().find(|folder| folder.name == name).unwrap();
        folder.files.get("tokenizer_config").and_then(Value::as_object).unwrap().keys().cloned().collect()
    };
    // The template of the file counts before that of the settings.
    assert!(names("qwen3").contains(&"chat_template".to_owned()));
    let said = tokenizer("qwen3").render_chat("hello").unwrap();
    assert!(!said.contains("You are a helpful assistant"), "{said}");
    assert!(tokenizer("qwen2").render_chat("hello").unwrap().contains("You are a helpful assistant"));
}
