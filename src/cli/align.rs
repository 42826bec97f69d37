//! `attncheck align`

use std::path::PathBuf;

use attncheck::align::{AlignPlan, Pieces, Step};
use attncheck::input::{First, GoldOptions, PairOptions};
use attncheck::model::Device;
use attncheck::model::source::HubSettings;
use attncheck::tokens::Languages;

use super::choices::{CutChoice, FirstChoice, PairFormatChoice, PiecesChoice, StepChoice};
use super::output::AlignOutput;
use super::shared::Loaded;
use super::values;

const EXAMPLES: &str = "\
Examples:
  attncheck align pairs.txt --model ./opus-mt-en-fr
  attncheck align pairs.txt --model ./opus-mt-en-fr --gold links.txt --format text --format html=links.html
  attncheck align pairs.txt --model ./opus-mt-en-fr --layer 5 --head 0 --step output --format pharaoh
  attncheck align texts.txt --model ./opus-mt-en-fr --translate --beams 4

`attncheck guide align` says what each reading is and what it is worth.

Exit status: 0 done, 2 could not be done, 130 interrupted.";

/// Link the words of sentences and their translations by cross-attention, and see whether the links are any good.
///
/// Each target word is linked by every head, from the row of the decoder that outputs it and from the row that takes it
/// in. With gold links the best reading is chosen on the first half of the pairs and scored on the second, beside the
/// diagonal and random links: most heads do not beat the diagonal.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct AlignArgs {
    /// The pairs, UTF-8: `source ||| target` a line, two columns parted by a tab, or JSON lines; `-` for standard input
    #[arg(value_name = "PAIRS")]
    file: PathBuf,

    /// The translation model: a folder with config.json, its tokenizer and its weights, or org/name[@revision] from the hub
    #[arg(short, long, value_name = "DIR|ORG/NAME", help_heading = "Model")]
    model: String,

    #[command(flatten)]
    loaded: Loaded,

    /// The language of the source by its token, where the tokenizer has several; its own default else
    #[arg(long, value_name = "CODE", help_heading = "Model")]
    source_language: Option<String>,

    /// The language of the target
    #[arg(long, value_name = "CODE", help_heading = "Model")]
    target_language: Option<String>,

    /// Take only the first N pairs
    #[arg(long, value_name = "N", value_parser = values::count(), help_heading = "Input")]
    limit: Option<usize>,

    /// How the pairs are written: bars (`source ||| target`), tsv or jsonl; told by the first line else
    #[arg(long, value_enum, value_name = "FORMAT", hide_possible_values = true, help_heading = "Input")]
    input_format: Option<PairFormatChoice>,

    /// The field or column of the source; text or source else, or the first column
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    source_field: Option<String>,

    /// The field or column of the target; translation or target else, or the second column
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    target_field: Option<String>,

    /// The first line of the table names its columns
    #[arg(long, help_heading = "Input", conflicts_with = "no_header")]
    header: bool,

    /// The first line of the table is a pair
    #[arg(long, help_heading = "Input")]
    no_header: bool,

    /// Align the model's own translations; the file then holds sources alone, in any form that `attncheck audit` reads
    #[arg(long, help_heading = "Input",
          conflicts_with_all = ["gold", "symmetrize", "input_format", "source_field", "target_field", "header", "no_header"])]
    translate: bool,

    /// Hypotheses of the search for a translation; 1 takes the likeliest token each time
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = values::count(), requires = "translate",
          help_heading = "Input")]
    beams: usize,

    /// Links that people made, a line a pair: i-j is sure, ipj or i?j possible
    #[arg(long, value_name = "FILE", help_heading = "Gold links")]
    gold: Option<PathBuf>,

    /// More links, all of which are possible whatever their marks
    #[arg(long, value_name = "FILE", requires = "gold", help_heading = "Gold links")]
    gold_possible: Option<PathBuf>,

    /// From what the words of the links are counted, 0 or 1; told by the links where they can tell
    #[arg(
        long,
        value_enum,
        value_name = "0|1",
        requires = "gold",
        hide_possible_values = true,
        help_heading = "Gold links"
    )]
    gold_first: Option<FirstChoice>,

    /// Take the links of this layer, from 0; what is not said is chosen by gold links, or as the guide says
    #[arg(long, value_name = "N", help_heading = "Links")]
    layer: Option<usize>,

    /// Take the links of this head, from 0, or of the mean of the layer's heads
    #[arg(long, value_name = "N|mean", value_parser = values::head, help_heading = "Links")]
    head: Option<HeadChoice>,

    /// Take them from the row that outputs a word, or from the one that takes it in
    #[arg(
        long,
        value_enum,
        value_name = "output|input",
        hide_possible_values = true,
        help_heading = "Links"
    )]
    step: Option<StepChoice>,

    /// How links of words are made of pieces: union of the pieces' links, or sum over source pieces and mean over target ones
    #[arg(long, value_enum, value_name = "union|sum", hide_possible_values = true, help_heading = "Links")]
    pieces: Option<PiecesChoice>,

    /// Cut each word by itself, as alignment data are made, or the sentence whole; a word is what stands between spaces
    #[arg(
        long,
        value_enum,
        value_name = "apart|whole",
        default_value = "apart",
        hide_possible_values = true,
        help_heading = "Links"
    )]
    cut: CutChoice,

    /// Join with the links of the other direction by grow-diag-final: a model of that direction, or a file of its links as
    /// --format pharaoh writes them
    #[arg(long, value_name = "OTHER_DIRECTION", help_heading = "Links")]
    symmetrize: Option<PathBuf>,

    /// Fixes every random draw; the same seed gives the same report
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Running")]
    seed: u64,

    /// Worker threads; all cores where absent. No number depends on it
    #[arg(long, value_name = "N", value_parser = values::count(), help_heading = "Running")]
    threads: Option<usize>,

    /// Where the model runs: cpu, or cuda (cuda:N for another than the first GPU) in a build that has CUDA
    #[arg(long, value_name = "cpu|cuda[:N]", default_value = "cpu", value_parser = values::device,
          help_heading = "Running")]
    device: Device,

    #[command(flatten)]
    pub output: AlignOutput,
}

/// A head, or the mean of a layer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadChoice {
    /// The mean.
    Mean,
    /// The head of this number.
    One(usize),
}

impl AlignArgs {
    /// What will be done.
    pub fn plan(&self) -> AlignPlan {
        let header = (self.header || self.no_header).then_some(self.header);
        AlignPlan {
            reading: PairOptions {
                format: self.input_format.map(Into::into),
                header,
                source: self.source_field.clone(),
                target: self.target_field.clone(),
            },
            limit: self.limit,
            languages: Languages {
                source: self.source_language.clone(),
                target: self.target_language.clone(),
            },
            translate: self.translate,
            beams: self.beams,
            gold: self.gold.clone(),
            possible: self.gold_possible.clone(),
            counting: GoldOptions { first: self.gold_first.map(First::from) },
            symmetrize: self.symmetrize.clone(),
            layer: self.layer,
            head: self.head.map(|head| match head {
                HeadChoice::Mean => None,
                HeadChoice::One(head) => Some(head),
            }),
            step: self.step.map(Step::from),
            pieces: self.pieces.map(Pieces::from),
            whole: self.cut == CutChoice::Whole,
            precision: self.loaded.precision(),
            device: self.device,
            seed: self.seed,
            threads: self.threads,
            ..AlignPlan::of(self.file.clone(), self.model.clone())
        }
    }

    /// How the hub is reached.
    pub fn hub(&self) -> HubSettings {
        self.loaded.hub()
    }
}
