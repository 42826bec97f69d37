//! Chat templates as programs: which of several is run, that each ends, and what is left out, doubled or exchanged in them.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use attncheck::tokens::{TokenError, Tokenizer, TokenizerFiles, Units, Vocabulary};
use rand::prelude::*;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::chats::{chat, files, with};
use super::decoders;
use super::mutated::{TEXTS, count};
use crate::support::tokenizers::{BYTE_BPE, bytes};

/// Files before the setting, as transformers has it; of each the one that is named, else the default one.
#[test]
fn one_of_several_templates_is_taken_by_its_name() {
    let setting = json!({"chat_template": [
        {"name": "default", "template": "set: {{ messages[0].content }}"},
        {"name": "rag", "template": "set rag: {{ messages[0].content }}"},
    ]});
    let written = |name: &str, source: &'static str| (name.to_owned(), Cow::Borrowed(source.as_bytes()));
    let own = Some(b"file: {{ messages[0].content }}".to_vec());
    let more = || {
        vec![
            written("rag", "file rag: {{ messages[0].content }}"),
            written("tool_use", "file tools: {{ messages[0].content }}"),
        ]
    };
    for (config, template, named, expected) in [
        (setting.clone(), None, vec![], vec![("default", "set: hi"), ("rag", "set rag: hi")]),
        (setting.clone(), own.clone(), vec![], vec![("default", "file: hi")]),
        (
            setting.clone(),
            own.clone(),
            more(),
            vec![("default", "file: hi"), ("rag", "file rag: hi"), ("tool_use", "file tools: hi")],
        ),
        (setting, None, more(), vec![("rag", "file rag: hi"), ("tool_use", "file tools: hi")]),
        (json!({}), None, vec![written("default", "{{ messages[0].content }}")], vec![("default", "hi")]),
    ] {
        let files = TokenizerFiles { named_templates: named, ..files(&config, template) };
        let tokenizer = Tokenizer::from_files(&files, b"{}").unwrap();
        for name in ["default", "rag", "tool_use", "", "DEFAULT"] {
            let chosen = tokenizer.clone().with_chat_template(name);
            if let Some((_, said)) = expected.iter().find(|(known, _)| *known == name) {
                assert_eq!(&chosen.render_chat("hi").unwrap(), said);
                continue;
            }
            let error = chosen.check_chat().unwrap_err();
            let known: Vec<&str> = expected.iter().map(|(known, _)| *known).collect();
            let told = format!("the model has the chat templates {known:?}, none of which is called {name}");
            assert_eq!(error.to_string(), told);
            assert!(error.hint().unwrap().contains("--chat-template=NAME"));
        }
        // Without a name it is the default one, or none.
        let said = tokenizer.render_chat("hi").ok();
        let default =
            expected.iter().find(|(known, _)| *known == "default").map(|(_, said)| (*said).to_owned());
        assert_eq!(said, default);
    }
    let broken = vec![("rag".to_owned(), Cow::Borrowed(&b"a\xff"[..]))];
    let files = TokenizerFiles { named_templates: broken, ..files(&json!({}), None) };
    let error = Tokenizer::from_files(&files, b"{}").unwrap_err();
    assert_eq!(error.to_string(), "additional_chat_templates is not UTF-8 (byte 1)");
}

#[test]
fn no_template_runs_for_ever_or_fills_the_memory() {
    for template in [
        "{% for i in range(100000) %}{% for j in range(100000) %}{{ i }}{% endfor %}{% endfor %}",
        "{% set ns = namespace(x='ab') %}{% for i in range(100) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
        "{% set ns = namespace(x='ab') %}{% for i in range(100) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{{ ns.x }}",
        "{{ 'a' * 99999999 }}",
        "{{ ('a' * 9999999).replace('a', 'b' * 9999999) }}",
        "{{ 'a'.join(range(100000)) * 1000 }}",
        "{% macro f(n) %}{{ f(n) }}{{ f(n) }}{% endmacro %}{{ f(1) }}",
        "{% macro f(x) %}{{ x }}{{ f(x ~ x) }}{% endmacro %}{{ f('abc') }}",
        "{{ '%99999999d' | format(1) }}",
        "{{ range(100000) | map('string') | join('a' * 10000) }}",
        "{{ 'a' | center(999999999) }}",
        "{{ 'a' | indent(99999999, true) }}",
        "{{ [1] * 99999999 | tojson }}",
        "{{ 10 ** 10 ** 10 ** 10 }}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(99999) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(9000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x | tojson }}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(9000) %}{% set ns.x = {'a': ns.x} %}{% endfor %}",
    ] {
        let error = chat(template, "a film").unwrap_err();
        assert!(
            matches!(error, TokenError::Chat { .. } | TokenError::ChatLost { .. }),
            "{template}: {error}"
        );
    }
    let deep = [
        format!("{}1{}", "(".repeat(50_000), ")".repeat(50_000)),
        "[".repeat(50_000),
        "not ".repeat(50_000),
        "-".repeat(50_000),
    ];
    for expression in deep {
        assert!(chat(&format!("{{{{ {expression} }}}}"), "a").is_err());
    }
    assert!(chat(&"{% if true %}".repeat(50_000), "a").is_err());
    assert!(chat(&"a".repeat(3 << 20), "a").is_err());
}

/// What is small and has no end to whoever walks over it: a list that holds one list twice, that again another twice, …; and what
/// holds itself. It is an error at once, and no thread is left at work on it.
#[test]
fn no_value_grows_without_end() {
    let grown = [
        "[x, x]",
        "(x, x)",
        "{'a': x, 'b': x}",
        "{'a': [x], 'b': {'c': (x, x)}}",
        "dict(a=x, b=x)",
        "x + x",
        "[x + x, x]",
        "[x] * 3",
        "[x, x] | list",
        "[x, x] | batch(1) | list",
        "[[x], [x]] | map('first') | list",
        "{'a': x, 'b': x} | items | list",
        "[x, x][0:2]",
        "[namespace(a=x), x]",
    ];
    let uses = [
        "a == b",
        "a < b",
        "a != b",
        "a in [b]",
        "a in 'abc'",
        "[a, b] | sort",
        "[a, b] | unique",
        "[a, b] | min",
        "{a: 1}",
        "a is eq(b)",
        "a ~ ''",
        "a | string | length",
        "a | tojson | length",
        "a",
        "a | list | length",
        "a is in([b])",
        "'abc'.replace('a', a)",
        "a | join",
        "[a, b] | groupby(0)",
    ];
    let try_it = |template: &str| {
        let error = chat(template, "a film").unwrap_err().to_string();
        assert!(!error.contains("does not end"), "{template}: {error}");
    };
    for (i, grow) in grown.into_iter().enumerate() {
        for (j, used) in uses.into_iter().enumerate() {
            // Every way to grow with every use in turn, by each way to go on.
            match (i + j) % 3 {
                0 => {
                    let one = format!("{{% set x = {grow} %}}").repeat(60);
                    let name = |to: &str| format!("{{% set x = [1] %}}{one}{{% set {to} = x %}}");
                    try_it(&format!("{}{}{{{{ {used} }}}}", name("a"), name("b")));
                }
                1 => {
                    let one = format!(
                        "{{% for i in range(60) %}}{{% set x = ns.x %}}{{% set ns.x = {grow} %}}{{% endfor %}}"
                    );
                    let name =
                        |to: &str| format!("{{% set ns = namespace(x=[1]) %}}{one}{{% set {to} = ns.x %}}");
                    try_it(&format!("{}{}{{{{ {used} }}}}", name("a"), name("b")));
                }
                _ => try_it(&format!(
                    "{{% macro f(x, y, n) %}}{{% set a = x %}}{{% set b = y %}}{{% if n %}}{{{{ f({grow}, {}, n - 1) }}}}\
                     {{% else %}}{{{{ {used} }}}}{{% endif %}}{{% endmacro %}}{{{{ f([1], [1], 60) }}}}",
                    grow.replace('x', "y")
                )),
            }
        }
    }
    let itself = [
        "{% set a.x = a %}{% set b.x = b %}",
        "{% set a.x = [a] %}{% set b.x = [b] %}",
        "{% set a.x = b %}{% set b.x = a %}",
        "{% set a.x = {'y': a} %}{% set b.x = {'y': b} %}",
        "{% set a = namespace(y=a) %}{% set b = namespace(y=b) %}",
    ];
    for one in itself {
        for used in uses {
            try_it(&format!("{{% set a = namespace() %}}{{% set b = namespace() %}}{one}{{{{ {used} }}}}"));
        }
    }
}

/// What templates in use do with lists goes on, with long texts too.
#[test]
fn lists_of_a_chat_are_no_matter_how_long() {
    let text = "one two ".repeat(20_000);
    for template in [
        "{% set parts = messages[0].content.split(' ') %}{{ parts | join(' ') }}",
        "{% set ns = namespace(found=[], last=-1) %}{% for m in messages[::-1] %}{% set ns.found = ns.found + [m] %}\
         {% set ns.last = loop.index0 %}{% endfor %}{{ ns.found[ns.last].content }}",
        "{% for m in [{'role': 'system', 'content': 'x'}] + messages %}{{ m.content }}|{% endfor %}",
        "{% if messages == messages[:] and 'user' in messages | map(attribute='role') | list %}{{ messages[0]['content'] }}\
         {% endif %}",
    ] {
        let tokenizer = with(template);
        assert!(tokenizer.render_chat(&text).unwrap().contains(text.trim_end()), "{template}");
    }
}

#[test]
fn the_day_is_one_and_told() {
    let template = "{% if strftime_now is defined %}{{ strftime_now('%d %b %Y') }}{% endif %}: {{ messages[0].content }}";
    let tokenizer = with(template);
    assert_eq!(tokenizer.render_chat("a film").unwrap(), "26 Jul 2024: a film");
    let told = tokenizer.check_chat().unwrap().unwrap();
    assert!(told.contains("26 July 2024"), "{told}");
    assert_eq!(with("{{ messages[0].content }}").check_chat().unwrap(), None);
}

/// Templates of the goldens with parts left out, doubled, exchanged or nested: a chat that holds the text, or an error.
#[test]
fn every_template_gives_a_chat_or_an_error() {
    let folders = decoders::folders();
    let of = |folder: &decoders::Folder| {
        let setting =
            folder.files.get("tokenizer_config").and_then(|config| config["chat_template"].as_str());
        folder.files.get("chat_template").and_then(Value::as_str).or(setting).map(str::to_owned)
    };
    let templates: Vec<String> = folders.iter().filter_map(of).collect();
    let parts = [
        "{%",
        "%}",
        "{{",
        "}}",
        "-",
        "|",
        "~",
        "[::-1]",
        "for",
        "endfor",
        "if",
        "namespace(",
        "range(999999)",
        "messages",
        "messages[0].content",
        " * 99999 ",
        "tojson",
        "loop.index0",
        "\u{0}",
        "'",
        "raise_exception(",
        "{% raw %}",
        "not ",
        "(",
    ];
    let (mut chats, mut refused) = (0, 0);
    let count = count(400);
    for seed in 0..count {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut template: Vec<char> = templates.choose(&mut rng).unwrap().chars().collect();
        for _ in 0..rng.random_range(0..4) {
            let from = rng.random_range(0..=template.len());
            let to = (from + rng.random_range(0..12)).min(template.len());
            let part: Vec<char> = match rng.random_range(0..3) {
                0 => Vec::new(),
                1 => template[from..to].repeat(rng.random_range(2..200)),
                _ => parts.choose(&mut rng).unwrap().chars().collect(),
            };
            template.splice(from..to, part);
        }
        let template: String = template.into_iter().collect();
        let files = TokenizerFiles {
            vocabulary: Vocabulary::Json(Cow::Owned(bytes(BYTE_BPE))),
            config: None,
            special_tokens_map: None,
            added_tokens: None,
            chat_template: Some(Cow::Owned(template.into_bytes())),
            named_templates: Vec::new(),
        };
        let tokenizer = Tokenizer::from_files(&files, b"{}").unwrap();
        for text in TEXTS {
            let start = Instant::now();
            match tokenizer.encode_chat(text, Units::Words) {
                Ok(tokens) => {
                    chats += 1;
                    super::check(text, &tokens);
                }
                Err(error) => {
                    refused += 1;
                    assert!(error.hint().is_some(), "{seed}: {error}");
                }
            }
            assert!(start.elapsed() < Duration::from_secs(10), "{seed}: {:?}", start.elapsed());
        }
    }
    assert!(chats * 5 > count && refused * 5 > count, "{chats} chats, {refused} errors");
}
