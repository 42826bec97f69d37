//! The boundary around other people's code that reads files: what panics there becomes an error here.
//!
//! A parser that was not written for hostile files may index past an end or unwrap what is not there. Inside
//! [`guarded`] that ends the call and not the process, and nothing is printed: who called knows which file it was.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

/// Other people's code panicked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the {library} library broke down on it: {said}")]
pub struct Panicked {
    /// The library that was called.
    pub library: &'static str,
    /// What it said, on one line and at most 200 characters.
    pub said: String,
}

thread_local! {
    /// Whether this thread is inside the boundary.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Calls `work` of `library`.
///
/// The call must run on this thread: a panic of another thread is not caught. What `work` changed before it panicked is
/// in an unknown state, so let it own or make what it changes.
///
/// # Errors
///
/// [`Panicked`] where `work` panics.
pub fn guarded<T>(library: &'static str, work: impl FnOnce() -> T) -> Result<T, Panicked> {
    silence();
    let outer = INSIDE.replace(true);
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    INSIDE.set(outer);
    done.map_err(|panic| Panicked { library, said: said(panic.as_ref()) })
}

/// Panics inside the boundary are not printed; all others are, as before.
fn silence() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !INSIDE.get() {
                print(info);
            }
        }));
    });
}

/// What a panic was told with, cut to one line of 200 characters.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it gave no reason");
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_with_what_was_said() {
        let empty: Vec<u8> = Vec::new();
        let found = guarded("parser", || empty[3]);
        let error = found.unwrap_err();
        assert_eq!(error.library, "parser");
        assert!(error.said.contains("index out of bounds"), "{error}");
        assert!(error.to_string().starts_with("the parser library broke down on it: index"), "{error}");
    }

    #[test]
    fn nothing_else_changes() {
        assert_eq!(guarded("parser", || 3), Ok(3));
        let nested = guarded("outer", || guarded("inner", || -> u8 { panic!("{}\n{}", "a", "b") }));
        assert_eq!(nested.unwrap().unwrap_err().said, "a b");
        assert!(!INSIDE.get());
    }

    #[test]
    fn long_words_are_cut() {
        let error = guarded("parser", || panic!("{}", "x".repeat(10_000))).unwrap_err();
        assert_eq!(error.said.len(), 200);
    }
}
