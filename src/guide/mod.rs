//! The long explanations, one Markdown file a topic: `attncheck guide` prints them, and these docs hold them.

/// A topic of the guide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topic {
    /// What it is asked for by.
    pub name: &'static str,
    /// What it tells, in one line.
    pub about: &'static str,
    /// The text, in Markdown.
    pub text: &'static str,
}

/// Declares the topics: a module with the text as its docs, and a row of [`TOPICS`], for each.
macro_rules! topics {
    ($($name:ident: $about:literal),+ $(,)?) => {
        $(
            #[doc = include_str!(concat!(stringify!($name), ".md"))]
            pub mod $name {}
        )+

        /// Every topic, in the order in which one would read them.
        pub static TOPICS: &[Topic] = &[
            $(Topic {
                name: stringify!($name),
                about: $about,
                text: include_str!(concat!(stringify!($name), ".md")),
            }),+
        ];
    };
}

topics! {
    verdicts: "what an audit prints, what each verdict means and what it rests on",
    numbers: "every number of a report: its range, what is good, its caveat; recompute them yourself",
    controls: "how often the verdicts are right, and how far an audit of your own model can be trusted",
    models: "which models are read, from a folder or the hub; the GPU; what is refused",
    inputs: "formats of texts, their fields, pairs, labels, rationales, words, hostile files",
    formats: "what is written: text, JSON, a web page and more; files, long runs, exit status",
    ci: "gates, baselines, and files for GitHub, GitLab and pre-commit",
    align: "words of translations linked by cross-attention, and whether the links are any good",
    translation: "audits of translation models: as an alignment, as a plausible map, as an explanation",
    compare: "two models on the same texts, and checkpoints that differ in their seed",
    mixing: "how far hidden states still are their tokens, and the reading through that",
    speed: "what each effort spends, and the speed beside PyTorch, transformers and captum",
    literature: "every method with its paper, departures from the papers, and their results beside ours",
    recipes: "short commands for frequent wishes, with jq and pandas",
}

/// The topic of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Topic> {
    TOPICS.iter().find(|topic| topic.name == name)
}
