//! The environment variables of the hub.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use attncheck::model::source::HubSettings;

fn of(vars: &[(&str, &str)]) -> HubSettings {
    let vars: BTreeMap<_, _> = vars.iter().copied().collect();
    HubSettings::from_vars(|name| vars.get(name).map(|&value| value.to_owned()), Some(Path::new("/home/u")))
}

#[test]
fn variables_have_the_python_librarys_order() {
    let plain = of(&[]);
    assert_eq!(plain.endpoint, "https://huggingface.co");
    assert_eq!(plain.cache, Path::new("/home/u/.cache/huggingface/hub"));
    assert_eq!((plain.token, plain.offline), (None, false));
    assert_eq!(of(&[("XDG_CACHE_HOME", "/x")]).cache, Path::new("/x/huggingface/hub"));
    assert_eq!(of(&[("XDG_CACHE_HOME", "/x"), ("HF_HOME", "/h")]).cache, Path::new("/h/hub"));
    assert_eq!(of(&[("HF_HOME", "~/h")]).cache, Path::new("/home/u/h/hub"));
    assert_eq!(of(&[("HF_HOME", "/h"), ("HUGGINGFACE_HUB_CACHE", "/c")]).cache, Path::new("/c"));
    assert_eq!(of(&[("HF_HUB_CACHE", "/a"), ("HUGGINGFACE_HUB_CACHE", "/c")]).cache, Path::new("/a"));
    assert_eq!(of(&[("HF_ENDPOINT", "http://mirror/ ")]).endpoint, "http://mirror");
    assert_eq!(of(&[("HF_ENDPOINT", "")]).endpoint, "https://huggingface.co");
}

#[test]
fn offline_is_a_yes() {
    for (value, offline) in
        [("1", true), ("true", true), ("ON", true), ("yes", true), ("0", false), ("", false)]
    {
        assert_eq!(of(&[("HF_HUB_OFFLINE", value)]).offline, offline, "{value}");
        assert_eq!(of(&[("TRANSFORMERS_OFFLINE", value)]).offline, offline, "{value}");
    }
}

#[test]
fn token_comes_from_a_variable_or_the_login_file_and_is_not_shown() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("token"), "from-file\n").unwrap();
    let path = home.path().to_str().unwrap();
    assert_eq!(of(&[("HF_HOME", path)]).token.as_deref(), Some("from-file"));
    let settings = of(&[("HF_HOME", path), ("HF_TOKEN", "from-variable")]);
    assert_eq!(settings.token.as_deref(), Some("from-variable"));
    assert!(!format!("{settings:?}").contains("from-variable"));
}
