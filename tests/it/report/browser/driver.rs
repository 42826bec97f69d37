//! A Chromium without a window, driven through chromedriver's HTTP protocol (W3C `WebDriver`).

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use ureq::Agent;

/// The name under which the protocol hands out elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// What a browser is started with.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    pub scripts: bool,
    pub width: u32,
}

impl Default for Setup {
    fn default() -> Self {
        Self { scripts: true, width: 1200 }
    }
}

/// A browser with a profile of its own; gone when this is.
pub struct Browser {
    driver: Child,
    agent: Agent,
    /// The session's address.
    session: String,
    profile: TempDir,
}

fn on_path(names: &[&str]) -> Option<PathBuf> {
    let folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH")?).collect();
    let found = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    found.into_iter().find(|path| path.is_file())
}

/// Starts one, or says that there is none. In CI that is a failure.
pub fn start(setup: Setup) -> Option<Browser> {
    let found = on_path(&["chromium", "chromium-browser", "google-chrome"]);
    let (Some(chromium), Some(driver)) = (found, on_path(&["chromedriver"])) else {
        assert!(std::env::var_os("CI").is_none(), "chromium and chromedriver are not installed");
        // Past the test harness, which would keep it to itself.
        let _ = writeln!(std::io::stderr(), "left out: chromium and chromedriver are not installed");
        return None;
    };
    Some(Browser::new(&chromium, &driver, setup))
}

impl Browser {
    fn new(chromium: &Path, driver: &Path, setup: Setup) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut child = Command::new(driver)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let port = port(&mut lines);
        let config = Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(180)))
            .http_status_as_error(false)
            .proxy(None);
        let mut browser = Self {
            driver: child,
            agent: config.build().into(),
            session: format!("http://127.0.0.1:{port}/session"),
            profile,
        };
        let mut arguments = vec![
            "--headless=new".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--hide-scrollbars".to_owned(),
            format!("--window-size={},900", setup.width),
            format!("--user-data-dir={}", browser.profile.path().display()),
        ];
        if std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0) {
            arguments.push("--no-sandbox".to_owned());
        }
        let scripts = if setup.scripts { 1 } else { 2 };
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": {
                "binary": chromium,
                "args": arguments,
                "prefs": { "profile.managed_default_content_settings.javascript": scripts },
            },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        } } });
        let begun = browser.post("", &wanted);
        browser.session = format!("{}/{}", browser.session, begun["sessionId"].as_str().unwrap());
        browser
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.session);
        let sent = self.agent.post(&url).content_type("application/json").send(body.to_string().as_bytes());
        let mut answer = sent.unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        let mut answer: Value = serde_json::from_str(&text).unwrap();
        let value = answer["value"].take();
        assert!(value.get("error").is_none(), "{path}: {} {}", value["error"], value["message"]);
        value
    }

    /// Loads a file from disk.
    pub fn open(&self, file: &Path) {
        self.post("/url", &json!({ "url": format!("file://{}", file.display()) }));
    }

    /// What a function body returns in the page.
    pub fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Clicks what the selector finds first, as a mouse does.
    pub fn click(&self, selector: &str) {
        let found = self.post("/element", &json!({ "using": "css selector", "value": selector }));
        let element = found[ELEMENT].as_str().unwrap();
        self.post(&format!("/element/{element}/click"), &json!({}));
    }

    /// Presses and releases a key.
    pub fn press(&self, key: &str) {
        let actions = json!([
            { "type": "keyDown", "value": key },
            { "type": "keyUp", "value": key },
        ]);
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.post("/actions", &json!({ "actions": [keyboard] }));
    }

    /// A command of the browser's own protocol.
    pub fn command(&self, name: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({ "cmd": name, "params": parameters }))
    }

    /// What the page said to its console.
    pub fn console(&self) -> Vec<Value> {
        self.post("/se/log", &json!({ "type": "browser" })).as_array().unwrap().clone()
    }

    /// The address of everything that was asked for.
    pub fn requests(&self) -> Vec<String> {
        let log = self.post("/se/log", &json!({ "type": "performance" }));
        let asked = log.as_array().unwrap().iter().filter_map(|entry| {
            let message: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
            let message = &message["message"];
            let asked = message["method"] == "Network.requestWillBeSent";
            asked.then(|| message["params"]["request"]["url"].as_str().unwrap_or_default().to_owned())
        });
        asked.collect()
    }
}

/// The free port that chromedriver chose.
fn port(lines: &mut impl BufRead) -> u16 {
    let mut line = String::new();
    loop {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "chromedriver ended");
        if let Some((_, rest)) = line.split_once("successfully on port ") {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            return digits.parse().unwrap();
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Ends the browser; the driver ends it too where this fails.
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
