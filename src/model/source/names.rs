//! Names that files and servers give. They are data: each is checked here before it names anything on this machine.

/// Longest name of a file, so that a suffix still fits into the 255 bytes that file systems take.
const LONGEST: usize = 200;

/// Whether it is the plain name of one file: on any system, in any folder, and in a URL as it stands.
pub(super) fn is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !name.is_empty()
        && name.len() <= LONGEST
        && name.bytes().all(plain)
        && !name.starts_with('.')
        && !name.ends_with('.')
        && !is_device(name)
}

/// Whether it can be the path of a file inside a repository: no step upwards, nothing absolute, no control characters.
pub(super) fn is_inner_path(path: &str) -> bool {
    let inner = |part: &str| !matches!(part, "" | "." | "..") && part.len() <= 255;
    path.len() <= 4096
        && path.split('/').all(inner)
        && !path.contains(|letter: char| letter == '\\' || letter.is_control())
        && !has_drive(path)
}

/// Whether it is the full name of a commit, as git writes it.
pub(super) fn is_commit(name: &str) -> bool {
    name.len() == 40 && is_hex(name)
}

/// Lowercase hexadecimal digits alone.
pub(super) fn is_hex(name: &str) -> bool {
    name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Names that Windows keeps for devices, whatever follows the first dot.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_ascii_uppercase();
    let numbered = |device: &str| {
        stem.strip_prefix(device)
            .is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|b| b.is_ascii_digit()))
    };
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT")
}

/// `C:` before a path leads elsewhere on Windows.
fn has_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use std::path::{Component, Path};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_of_models_are_plain() {
        for name in
            ["config.json", "model-00001-of-00002.safetensors", "pytorch_model.bin.index.json", "CONFIG", "x"]
        {
            assert!(is_plain(name) && is_inner_path(name), "{name}");
        }
        for path in ["onnx/model.onnx", ".gitattributes", "a b/ü.txt", "checkpoint 3:4/x", "nul/aux.txt"] {
            assert!(is_inner_path(path), "{path}");
        }
    }

    #[test]
    fn what_leads_elsewhere_is_no_name() {
        let long = "x".repeat(256);
        let deep = "x/".repeat(3000) + "x";
        for path in [
            "",
            ".",
            "..",
            "/",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a/..",
            "./a",
            "a//b",
            "a/",
            "a\\b",
            "..\\x",
            "C:x",
            "C:\\x",
            "a\0b",
            "a\nb",
            "\u{1b}[2J",
            "a\u{9b}b",
            "a\u{7f}",
            &long,
            &deep,
        ] {
            assert!(!is_inner_path(path), "{path:?}");
            assert!(!is_plain(path), "{path:?}");
        }
        let longest = "x".repeat(200);
        assert!(is_plain(&longest) && !is_plain(&format!("{longest}x")));
        for name in [
            "nul",
            "NUL.safetensors",
            "Com1",
            "lpt9.bin",
            "aux.tar.gz",
            ".hidden",
            "end.",
            "a b",
            "a%2e",
            "a:b",
        ] {
            assert!(!is_plain(name), "{name}");
        }
        for name in ["null", "com", "com10", "console.bin", "auxiliary"] {
            assert!(is_plain(name), "{name}");
        }
    }

    #[test]
    fn a_commit_is_forty_hexadecimal_digits() {
        assert!(is_commit("0123456789abcdef0123456789abcdef01234567"));
        for name in
            ["", "main", "0123456", &"A".repeat(40), &"g".repeat(40), &"a".repeat(41), &"a".repeat(64)]
        {
            assert!(!is_commit(name), "{name}");
        }
    }

    proptest! {
        /// Whatever is taken for a name stays in the folder it is put into.
        #[test]
        fn a_name_stays_in_its_folder(name in r"[a-cA-C./\\:~%\x00-\x1f\u{9b}é-]{0,12}|(\.\./|/|[a-c.]{1,3}/?){0,6}") {
            let parts: Vec<_> = Path::new(&name).components().collect();
            if is_plain(&name) {
                prop_assert!(matches!(parts[..], [Component::Normal(part)] if part == name.as_str()));
            }
            if is_inner_path(&name) {
                prop_assert!(parts.iter().all(|part| matches!(part, Component::Normal(_))));
                prop_assert!(!name.contains(char::is_control) && !name.contains('\\'));
            }
        }
    }
}
