//! The guide's files for CI services, as far as they can be tried without the service: they are YAML with the fields the
//! service asks for, and their shell lines run as it would run them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use yaml_rust2::{Yaml, YamlLoader};

use crate::support::documents::document;

/// What has to hold before a step can be tried: the texts, the model, and a `cargo` that only writes down its arguments.
struct Workplace {
    folder: tempfile::TempDir,
    path: String,
}

impl Workplace {
    fn new() -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["texts", "model", "bin", "attncheck"] {
            fs::create_dir(at(name)).unwrap();
        }
        let reviews = fs::read_to_string(here.join("fixtures/texts/reviews.txt")).unwrap();
        let some: Vec<&str> = reviews.lines().take(3).collect();
        fs::write(at("texts/reviews.txt"), some.join("\n")).unwrap();
        for file in fs::read_dir(here.join("fixtures/models/sst2-tiny-s1")).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), at("model").join(file.file_name())).unwrap();
        }
        // `cargo install --path` wants a package there.
        fs::copy(here.join("Cargo.toml"), at("attncheck/Cargo.toml")).unwrap();
        fs::copy(here.join("Cargo.lock"), at("attncheck/Cargo.lock")).unwrap();
        let cargo = at("bin/cargo");
        fs::write(&cargo, "#!/bin/sh\necho \"$@\" >> \"$CARGO_CALLS\"\n").unwrap();
        executable(&cargo);
        let program = assert_cmd::cargo::cargo_bin("attncheck");
        let path = format!(
            "{}:{}:{}",
            at("bin").display(),
            program.parent().unwrap().display(),
            std::env::var("PATH").unwrap()
        );
        Self { folder, path }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, mut command: Command) -> Output {
        command
            .current_dir(self.folder.path())
            .env("PATH", &self.path)
            .env("CARGO_CALLS", self.at("calls"))
            .env("GITHUB_STEP_SUMMARY", self.at("summary.md"))
            .output()
            .unwrap()
    }

    /// As a GitHub runner and a GitLab runner do.
    fn shell(&self, script: &str) -> Output {
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]);
        self.run(command)
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&fs::read(self.at(name)).unwrap()).unwrap()
    }

    /// The exit status that the gates of this report ask for.
    fn status(&self, report: &str) -> i32 {
        let report = self.json(report);
        let gates = report["gates"].as_array().unwrap();
        assert!(!gates.is_empty());
        i32::from(gates.iter().any(|gate| gate["passed"] == false))
    }
}

fn executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// The block of the guide that begins with this comment.
fn snippet(name: &str) -> Yaml {
    let guide = document("src/guide/ci.md");
    let start = format!("```yaml\n# {name}\n");
    let block =
        guide.split(&start).nth(1).unwrap_or_else(|| panic!("no {name}")).split("\n```").next().unwrap();
    YamlLoader::load_from_str(block).unwrap().remove(0)
}

fn text<'y>(yaml: &'y Yaml, key: &str) -> &'y str {
    yaml[key].as_str().unwrap_or_else(|| panic!("no text {key} in {yaml:?}"))
}

fn code(output: &Output) -> i32 {
    assert!(output.stderr.is_empty() || output.status.code() != Some(2), "{output:?}");
    output.status.code().unwrap()
}

/// A snippet runs only what is allowed in it: nothing is installed here.
fn installs(place: &Workplace) {
    let calls = fs::read_to_string(place.at("calls")).unwrap();
    assert_eq!(calls, "install --locked --path attncheck\n");
    assert!(place.at("attncheck/Cargo.toml").exists());
}

#[test]
fn the_workflow_for_github_runs() {
    let workflow = snippet(".github/workflows/attention.yml");
    // YAML 1.1 readers take a bare `on` for true, GitHub's does not; there is no such doubt about the rest.
    assert!(workflow["on"][0].as_str() == Some("pull_request"));
    assert_eq!(text(&workflow["permissions"], "security-events"), "write");
    let jobs = workflow["jobs"].as_hash().unwrap();
    assert_eq!(jobs.len(), 1);
    let place = Workplace::new();
    let mut outputs = Vec::new();
    for job in jobs.values() {
        assert!(text(job, "runs-on").starts_with("ubuntu-"));
        for step in job["steps"].as_vec().unwrap() {
            let known = ["name", "uses", "run", "with", "if"];
            assert!(
                step.as_hash().unwrap().keys().all(|key| known.contains(&key.as_str().unwrap())),
                "{step:?}"
            );
            if let Some(condition) = step["if"].as_str() {
                assert_eq!(condition, "${{ !cancelled() }}", "reports are kept where a gate failed");
            }
            match (step["uses"].as_str(), step["run"].as_str()) {
                (Some(action), None) => {
                    let (name, version) = action.split_once('@').expect("an action has a version");
                    assert!(name.split('/').count() >= 2 && version.starts_with('v'), "{action}");
                    for path in ["sarif_file", "path"].iter().filter_map(|key| step["with"][*key].as_str()) {
                        assert!(place.at(path).exists(), "{path} is uploaded but was not written");
                    }
                }
                (None, Some(script)) => {
                    let output = place.shell(script);
                    let audit = script.contains("attncheck audit");
                    let expected = if audit { place.status("attention.json") } else { 0 };
                    assert_eq!(code(&output), expected, "{script}\n{output:?}");
                    outputs.push(String::from_utf8(output.stdout).unwrap());
                }
                both => panic!("a step has one of uses and run: {both:?}"),
            }
        }
    }
    installs(&place);
    let report = place.json("attention.json");
    assert_eq!(report["examples"].as_array().unwrap().len(), 3);
    assert_eq!(report["gates"][1]["figure"], "failed");
    assert!(outputs[1].lines().all(|line| line.starts_with("::")), "{}", outputs[1]);
    assert_eq!(place.json("attention.sarif")["version"], "2.1.0");
    let summary = fs::read_to_string(place.at("summary.md")).unwrap();
    assert!(summary.starts_with("## Attention audit of ") && summary.contains("### Gates: "), "{summary}");
}

#[test]
fn the_job_for_gitlab_runs() {
    let pipeline = snippet(".gitlab-ci.yml");
    let job = &pipeline["attention"];
    assert_eq!(text(&job["variables"], "GIT_SUBMODULE_STRATEGY"), "recursive");
    let place = Workplace::new();
    let guide = document("src/guide/ci.md");
    let before = "The baseline is an earlier report: `";
    let baseline = guide.split(before).nth(1).unwrap().split('`').next().unwrap();
    assert_eq!(code(&place.shell(baseline)), 0);
    let lines: Vec<&str> =
        job["script"].as_vec().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    assert_eq!(code(&place.shell(lines[0])), 0);
    let output = place.shell(lines[1]);
    // Nothing changed, so the gate holds.
    assert_eq!((code(&output), place.status("attention.json"), lines.len()), (0, 0, 2), "{output:?}");
    installs(&place);
    assert_eq!(place.json("attention.json")["gates"][0]["figure"], "change.raw.contradicted");
    let artifacts = &job["artifacts"];
    assert!(place.at(artifacts["paths"][0].as_str().unwrap()).exists());
    let junit = fs::read_to_string(place.at(text(&artifacts["reports"], "junit"))).unwrap();
    let junit = quick_junit::Report::deserialize_from_str(&junit).unwrap();
    assert_eq!((junit.tests, junit.test_suites.len()), (3 + 1, 2));
    assert_eq!(text(artifacts, "when"), "always");
}

#[test]
fn the_hook_of_pre_commit_runs() {
    let config = snippet(".pre-commit-config.yaml");
    let repo = &config["repos"][0];
    assert_eq!(text(repo, "repo"), "local");
    let hook = &repo["hooks"][0];
    for key in ["id", "name", "entry", "language", "files"] {
        assert!(!text(hook, key).is_empty());
    }
    assert_eq!(hook["pass_filenames"].as_bool(), Some(false));
    // It matches the files that the entry names.
    assert_eq!(text(hook, "files"), "^(texts|model)/");
    let place = Workplace::new();
    // No shell reads the entry; its words are parted as a shell parts them, and the one quoted word has no blank.
    let words: Vec<String> =
        text(hook, "entry").split(' ').map(|word| word.trim_matches('\'').to_owned()).collect();
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).args(["--format", "text", "--format", "json=out.json"]);
    let output = place.run(command);
    assert_eq!(code(&output), place.status("out.json"), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
}
