//! Whether a text that begins with a bracket is JSON or prose.

/// What the beginning of a text looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A JSON object or objects one after another.
    Objects,
    /// A JSON list of objects.
    List,
    /// A JSON list of strings or of lists of strings.
    Strings,
    /// The same as Python prints it.
    Python,
    /// Neither JSON nor what Python prints.
    Prose,
    /// More of it must be seen.
    Open,
}

/// What the text that begins with `head` looks like; nothing follows where `all`.
///
/// `[MASK] is a token`, `[1] says so` and `{laughs} no` are prose, as are a quotation in brackets and a list of numbers.
pub(super) fn of(head: &[u8], all: bool) -> Shape {
    let mut scan = Scan { rest: head, all };
    match scan.next() {
        Some(b'{') => scan.object(Shape::Objects),
        Some(b'[') => scan.list(2),
        Some(_) => Shape::Prose,
        None => scan.open(),
    }
}

struct Scan<'h> {
    rest: &'h [u8],
    all: bool,
}

impl Scan<'_> {
    /// The next byte that is no white space.
    fn next(&mut self) -> Option<u8> {
        self.rest = self.rest.trim_ascii_start();
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    /// Nothing more is at hand.
    fn open(&self) -> Shape {
        if self.all { Shape::Prose } else { Shape::Open }
    }

    /// The shape of what follows `[`; lists may be nested so deep.
    fn list(&mut self, depth: usize) -> Shape {
        match self.next() {
            Some(b'{') => self.object(Shape::List),
            Some(b'[') if depth > 1 => self.list(depth - 1),
            Some(b']') => self.end(Shape::Strings),
            Some(b'"') => self.string(b'"', b",]", Shape::Strings),
            Some(b'\'') => self.string(b'\'', b",]", Shape::Python),
            Some(_) => Shape::Prose,
            None => self.open(),
        }
    }

    /// The shape of what follows `{`.
    fn object(&mut self, shape: Shape) -> Shape {
        match self.next() {
            Some(b'"') => self.string(b'"', b":", shape),
            Some(b'\'') => self.string(b'\'', b":", Shape::Python),
            Some(b'}') => self.end(shape),
            Some(_) => Shape::Prose,
            None => self.open(),
        }
    }

    /// After an empty list or object: brackets, a comma or the end.
    fn end(&mut self, shape: Shape) -> Shape {
        match self.next() {
            Some(b'{' | b'}' | b'[' | b']' | b',') => shape,
            Some(_) => Shape::Prose,
            None if self.all => shape,
            None => Shape::Open,
        }
    }

    /// After a quotation mark: a string on one line, and then one of `then`.
    fn string(&mut self, quote: u8, then: &[u8], shape: Shape) -> Shape {
        let mut escaped = false;
        for (at, byte) in self.rest.iter().enumerate() {
            match byte {
                b'\n' | b'\r' => return Shape::Prose,
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                byte if *byte == quote => {
                    self.rest = &self.rest[at + 1..];
                    return match self.next() {
                        Some(next) if then.contains(&next) => shape,
                        Some(_) => Shape::Prose,
                        None => self.open(),
                    };
                }
                _ => {}
            }
        }
        self.open()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_alone_make_no_json() {
        for prose in [
            "[MASK] is the capital of France.",
            "[1] says that the film is good",
            "[1, 2]",
            "[\"A quote,\" he said] and left",
            "[\"A quote\nover lines\"]",
            "['tis a film]",
            "{laughs} no",
            "{ }is empty",
            "[] is a list",
            "{\"a\" and \"b\"}",
            "{'a' and 'b'}",
            "[",
            "{",
            "[\"a",
            "a [{\"text\": 1}]",
            "",
        ] {
            assert_eq!(of(prose.as_bytes(), true), Shape::Prose, "{prose}");
        }
    }

    #[test]
    fn json_is_known_by_its_beginning() {
        for (json, shape) in [
            ("{\"text\": \"a\"}", Shape::Objects),
            ("\n {\n  \"te\\\"xt\" : [", Shape::Objects),
            ("{}", Shape::Objects),
            ("{}\n{\"a\": 1}", Shape::Objects),
            ("[{\"text\": \"a\"}]", Shape::List),
            ("[\n\n  {\n \"text\"\n: ", Shape::List),
            ("[\"a\", \"b\"]", Shape::Strings),
            ("[ \"a\" ]", Shape::Strings),
            ("[[\"a\", 1], [\"b\", 0]]", Shape::Strings),
            ("[]", Shape::Strings),
            ("[{}, {", Shape::List),
            ("[{'text': 'a'}]", Shape::Python),
            ("{'text': 'it\\'s'}", Shape::Python),
            ("['a', 'b']", Shape::Python),
        ] {
            assert_eq!(of(json.as_bytes(), true), shape, "{json}");
            // Every shorter beginning leaves it open, or says the same.
            for length in 0..json.len() {
                let found = of(&json.as_bytes()[..length], false);
                assert!(found == shape || found == Shape::Open, "{} is {found:?}", &json[..length]);
            }
        }
    }
}
