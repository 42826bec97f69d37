//! Where reports go, and in which formats.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

/// How a report is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For reading
    Text,
    /// One document with a schema version, with all numbers
    Json,
    /// A line an example as it is done, then a summary line
    Jsonl,
    /// One web page, with every pattern
    Html,
    /// A table: a row per example and reading
    Csv,
    /// For a job summary: gates, verdicts, figures, contradicted maps
    Markdown,
    /// A test case per text and per gate
    Junit,
    /// Workflow commands: annotations on the texts' lines
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Links alone, a line a pair
    Pharaoh,
}

/// The formats of an audit.
const OF_AUDITS: [ReportFormat; 9] = [
    ReportFormat::Text,
    ReportFormat::Json,
    ReportFormat::Jsonl,
    ReportFormat::Html,
    ReportFormat::Csv,
    ReportFormat::Markdown,
    ReportFormat::Junit,
    ReportFormat::Github,
    ReportFormat::Sarif,
];

/// A report in one format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    pub format: ReportFormat,
    /// The file; standard output where there is none.
    pub file: Option<PathBuf>,
}

/// All that a command writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destinations {
    pub reports: Vec<Destination>,
    /// The folder of the plots, where they are wanted.
    pub plots: Option<PathBuf>,
}

/// Where the report of an audit goes.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub struct Outputs {
    /// How the report is printed, and where to: text, json, jsonl (a line an example as it is done), html (a web page),
    /// csv, markdown, junit, github (annotations) or sarif; may be given several times, as in `--format text --format
    /// json=report.json`
    #[arg(short, long = "format", value_name = "FORMAT[=FILE]", default_value = "text",
          value_parser = destination)]
    formats: Vec<Destination>,

    /// Write the report to this file in place of standard output, which `-` stands for
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    plots: Plots,

    /// Of the text print only the answer: the verdict on the whole file, reading by reading. No number and no other
    /// format depends on it
    #[arg(long)]
    pub summary: bool,
}

/// Where the plots go.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
struct Plots {
    /// Also write every plot of the web page to this folder, as an SVG file each; the folder is made where it is not there
    #[arg(long, value_name = "DIR")]
    plots: Option<PathBuf>,
}

/// Where the report goes of a command that has fewer formats.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
#[expect(clippy::struct_field_names, reason = "it is named as its flag is")]
pub struct Output {
    /// How the report is printed, and where to: text, json or html (a web page); may be given several times, as in
    /// `--format text --format html=report.html`
    #[arg(short, long = "format", value_name = "FORMAT[=FILE]", default_value = "text",
          value_parser = of_every_report)]
    formats: Vec<Destination>,

    /// Write the report to this file in place of standard output, which `-` stands for
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    plots: Plots,
}

/// Where the links of an alignment go.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub struct AlignOutput {
    /// How the links are printed, and where to: text, json, html (a web page) or pharaoh (`i-j` a link, a line a pair); may be
    /// given several times, as in `--format text --format pharaoh=links.txt`
    #[arg(short, long = "format", value_name = "FORMAT[=FILE]", default_value = "text",
          value_parser = of_links)]
    formats: Vec<Destination>,

    /// Write the report to this file in place of standard output, which `-` stands for
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    plots: Plots,
}

impl AlignOutput {
    /// As [`Outputs::destinations`].
    pub fn destinations(&self) -> Destinations {
        let reports = destinations(&self.formats, self.output.as_deref());
        Destinations { reports, plots: self.plots.plots.clone() }
    }
}

impl Outputs {
    /// Whether patterns are drawn: on a web page or in files.
    pub fn draws(&self) -> bool {
        self.plots.plots.is_some() || self.formats.iter().any(|place| place.format == ReportFormat::Html)
    }

    /// Each report and its place, and the plots'.
    pub fn destinations(&self) -> Destinations {
        let reports = destinations(&self.formats, self.output.as_deref());
        Destinations { reports, plots: self.plots.plots.clone() }
    }
}

impl Output {
    /// As [`Outputs::destinations`].
    pub fn destinations(&self) -> Destinations {
        let reports = destinations(&self.formats, self.output.as_deref());
        Destinations { reports, plots: self.plots.plots.clone() }
    }
}

/// Why reports cannot go where they were sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum OutputError {
    #[error("no format is called {found:?}; there are {known}")]
    Unknown { found: String, known: String },
    #[error("{format} has no file: write {format}=FILE, or leave out the equals sign for standard output")]
    NoFile { format: String },
}

fn destinations(formats: &[Destination], output: Option<&Path>) -> Vec<Destination> {
    let named = |file: &Path| file != Path::new("-");
    let place = |d: &Destination| Destination {
        format: d.format,
        file: d.file.clone().or_else(|| output.map(Path::to_path_buf)).filter(|file| named(file)),
    };
    formats.iter().map(place).collect()
}

/// `FORMAT` or `FORMAT=FILE`.
fn destination(text: &str) -> Result<Destination, OutputError> {
    among(text, &OF_AUDITS)
}

/// The same of the formats that every report has.
fn of_every_report(text: &str) -> Result<Destination, OutputError> {
    among(text, &[ReportFormat::Text, ReportFormat::Json, ReportFormat::Html])
}

/// The same of those of an alignment.
fn of_links(text: &str) -> Result<Destination, OutputError> {
    among(text, &[ReportFormat::Text, ReportFormat::Json, ReportFormat::Html, ReportFormat::Pharaoh])
}

fn among(text: &str, formats: &[ReportFormat]) -> Result<Destination, OutputError> {
    let (name, file) = match text.split_once('=') {
        Some((name, "")) => return Err(OutputError::NoFile { format: name.to_owned() }),
        Some((name, file)) => (name, Some(PathBuf::from(file))),
        None => (text, None),
    };
    let called = |format: &ReportFormat| {
        format.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    };
    let known = || formats.iter().map(called).collect::<Vec<_>>().join(", ");
    let format = formats.iter().copied().find(|format| called(format) == name);
    match format {
        Some(format) => Ok(Destination { format, file }),
        None => Err(OutputError::Unknown { found: name.to_owned(), known: known() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(formats: &[&str], output: Option<&str>) -> Result<Vec<Destination>, OutputError> {
        let formats = formats.iter().map(|text| destination(text)).collect::<Result<Vec<_>, _>>()?;
        Ok(destinations(&formats, output.map(Path::new)))
    }

    #[test]
    fn each_report_has_its_place() {
        let found = all(&["text", "json=a=b.json"], None).unwrap();
        assert_eq!(found[0], Destination { format: ReportFormat::Text, file: None });
        assert_eq!(found[1], Destination { format: ReportFormat::Json, file: Some("a=b.json".into()) });
        assert_eq!(all(&["json"], Some("r.json")).unwrap()[0].file, Some("r.json".into()));
        assert_eq!(all(&["json=x"], Some("-")).unwrap()[0].file, Some("x".into()));
    }

    #[test]
    fn what_is_no_format_is_named() {
        assert!(matches!(destination("jsn"), Err(OutputError::Unknown { found, .. }) if found == "jsn"));
        assert!(matches!(destination("json="), Err(OutputError::NoFile { .. })));
        assert!(matches!(of_every_report("jsonl"), Err(OutputError::Unknown { .. })));
        assert!(of_every_report("html=x.html").is_ok());
        assert!(of_links("pharaoh=links").is_ok() && destination("pharaoh").is_err());
    }
}
