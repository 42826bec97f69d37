//! Gates, from flags and from a file.

use std::path::PathBuf;

use attncheck::audit::{Gate, GateError};
use attncheck::report::gate::GateOn;
use clap::ValueEnum;
use serde::Deserialize;

/// Limits that decide the exit status.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Gates")]
pub struct Gating {
    /// Exit with 1 unless a figure of the summary keeps this limit, as in 'contradicted<=0.2' or
    /// 'rollout.tau.saliency>=0.1'; may be given several times. `attncheck figures` lists the figures
    #[arg(long = "gate", value_name = "FIGURE<=NUMBER", value_parser = gate)]
    gates: Vec<Gate>,

    /// What gates are judged on: estimate, or interval, the end of the 95 % interval that is against the gate
    #[arg(long, value_enum, value_name = "WHAT", hide_possible_values = true)]
    gate_on: Option<GateOnChoice>,

    /// An earlier report (json or jsonl) of the same texts with the same choices, perhaps of another model: a gate on
    /// 'change.FIGURE' holds the mean difference from it, text by text, to a limit, as in 'change.contradicted<=0.05'
    #[arg(long, value_name = "REPORT")]
    pub baseline: Option<PathBuf>,

    /// A TOML file with gates: a line such as `contradicted = "<= 0.2"` under [gates], and gate-on = "interval" above
    /// it; a flag takes the place of what the file says of the same figure
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// --gate-on
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum GateOnChoice {
    Estimate,
    Interval,
}

impl From<GateOnChoice> for GateOn {
    fn from(choice: GateOnChoice) -> Self {
        match choice {
            GateOnChoice::Estimate => Self::Estimate,
            GateOnChoice::Interval => Self::Interval,
        }
    }
}

/// What a configuration file says.
#[derive(Debug, Default)]
pub struct Config {
    gates: Vec<Gate>,
    gate_on: Option<GateOn>,
}

/// Why a configuration file cannot be used; the message says where.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("line {line}: {}", said.trim_end())]
    Toml { line: usize, said: String },
    #[error("{0}")]
    Gate(GateError),
    #[error("the limit of {figure} is {found}, not a text such as \"<= 0.2\", or a list of them")]
    Limit { figure: String, found: &'static str },
}

impl Config {
    /// From the text of a file.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        struct File {
            gate_on: Option<GateOn>,
            #[serde(default)]
            gates: toml::Table,
        }
        let file: File = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            // toml draws the place on several lines; one is enough.
            ConfigError::Toml { line: 1 + before.matches('\n').count(), said: error.message().to_owned() }
        })?;
        let mut gates = Vec::new();
        limits("", &toml::Value::Table(file.gates), &mut gates)?;
        Ok(Self { gates, gate_on: file.gate_on })
    }
}

/// `raw.tau = ">= 0.1"` is a table within a table to TOML, and one name to us.
fn limits(name: &str, value: &toml::Value, gates: &mut Vec<Gate>) -> Result<(), ConfigError> {
    match value {
        toml::Value::Table(table) => table.iter().try_for_each(|(key, value)| {
            let inner = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
            limits(&inner, value, gates)
        }),
        toml::Value::Array(several) => several.iter().try_for_each(|value| limits(name, value, gates)),
        toml::Value::String(limit) => {
            gates.push(gate(&format!("{name} {limit}")).map_err(ConfigError::Gate)?);
            Ok(())
        }
        other => Err(ConfigError::Limit { figure: name.to_owned(), found: other.type_str() }),
    }
}

impl Gating {
    /// All gates: what flags say of a figure takes the place of what the file says of it.
    pub fn gates(&self, config: Config) -> (Vec<Gate>, GateOn) {
        let named = |gate: &Gate| self.gates.iter().any(|flag| flag.figure == gate.figure);
        let mut gates = config.gates;
        gates.retain(|gate| !named(gate));
        gates.extend(self.gates.iter().cloned());
        (gates, self.gate_on.map(GateOn::from).or(config.gate_on).unwrap_or_default())
    }
}

fn gate(text: &str) -> Result<Gate, GateError> {
    text.parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Result<Config, String> {
        Config::parse(text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_of_gates() {
        let found = config(
            "gate-on = \"interval\"\n[gates]\ncontradicted = \"<= 0.2\"\nraw.tau = [\">=0.1\", \"< 0.9\"]\n\
             \"rollout.tau.saliency\" = \"> -0.5\"\n",
        )
        .unwrap();
        let told: Vec<String> = found.gates.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            ["contradicted <= 0.2", "raw.tau >= 0.1", "raw.tau < 0.9", "rollout.tau.saliency > -0.5"]
        );
        assert_eq!(found.gate_on, Some(GateOn::Interval));
    }

    #[test]
    fn what_is_wrong_in_a_file_is_told() {
        for (text, says) in [
            ("[gate]\n", "unknown field `gate`"),
            ("gate-on = \"luck\"\n", "unknown variant `luck`"),
            ("[gates]\ncontradicted = 0.2\n", "the limit of contradicted is float"),
            ("[gates]\ncontradicted = \"0.2\"\n", "has no comparison"),
            ("[gates]\ncontradicted = \"<= x\"\n", "no finite number"),
            ("[gates\n", "line 1"),
        ] {
            let error = config(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn flags_take_the_place_of_the_file() {
        let flags = Gating {
            gates: vec![gate("contradicted<=0.5").unwrap()],
            gate_on: Some(GateOnChoice::Estimate),
            baseline: None,
            config: None,
        };
        let file = config("gate-on = \"interval\"\n[gates]\ncontradicted = \"<= 0.2\"\nceiling = \">= 0\"\n");
        let (gates, on) = flags.gates(file.unwrap());
        let told: Vec<String> = gates.iter().map(ToString::to_string).collect();
        assert_eq!(told, ["ceiling >= 0", "contradicted <= 0.5"]);
        assert_eq!(on, GateOn::Estimate);
    }
}
