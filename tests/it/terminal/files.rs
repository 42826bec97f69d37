//! A file is whole or as it was, and stays what it was: its permissions, its link, its kind.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::{FORMATS, QUICK, folder, names, shell, text};

/// With no room for a single byte.
const FULL: &str = "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\"";

#[test]
fn a_report_that_cannot_be_finished_leaves_the_earlier_one() {
    let folder = folder();
    for format in FORMATS.into_iter().filter(|format| *format != "jsonl") {
        for there in [true, false] {
            let report = folder.file("report");
            let _ = fs::remove_file(&report);
            if there {
                folder.write("report", b"an earlier report\n");
            }
            let out = shell(
                folder.path(),
                FULL,
                &[&QUICK[..], &["--format", &format!("{format}=report")]].concat(),
            );
            let err = text(&out.stderr);
            assert_eq!(out.status.code(), Some(2), "{format}: {err}");
            assert!(
                err.starts_with("error: failed to write report: ") && err.contains("\n\nhint: "),
                "{format}: {err}"
            );
            assert_eq!(fs::read(&report).ok(), there.then(|| b"an earlier report\n".to_vec()), "{format}");
            let rest = if there { vec!["report", "texts.txt"] } else { vec!["texts.txt"] };
            assert_eq!(names(folder.path()), rest, "{format}");
        }
    }
}

#[test]
fn the_other_reports_are_written_where_one_cannot_be() {
    let folder = folder();
    let (status, _, err) =
        folder.ran(&[&QUICK[..], &["--format", "text=/dev/full", "--format", "json=r.json"]].concat());
    assert_eq!(status, 2);
    assert!(err.starts_with("error: failed to write /dev/full: No space left on device"), "{err}");
    assert!(folder.read("r.json").ends_with(b"}\n"));
}

#[test]
fn a_new_report_has_what_the_umask_gives_and_an_old_one_keeps_what_it_has() {
    let folder = folder();
    let mode = || fs::metadata(folder.file("report")).unwrap().permissions().mode() & 0o777;
    for (umask, expected) in [("022", 0o644), ("027", 0o640)] {
        for format in ["text", "jsonl"] {
            let _ = fs::remove_file(folder.file("report"));
            let script = format!("umask {umask}; exec \"$0\" \"$@\"");
            let out = shell(
                folder.path(),
                &script,
                &[&QUICK[..], &["--format", &format!("{format}=report")]].concat(),
            );
            assert_eq!((out.status.code(), mode()), (Some(0), expected), "{}", text(&out.stderr));
        }
    }
    for kept in [0o600, 0o664, 0o755] {
        fs::set_permissions(folder.file("report"), fs::Permissions::from_mode(kept)).unwrap();
        assert_eq!(folder.ran(&[&QUICK[..], &["--output", "report"]].concat()).0, 0);
        assert_eq!(mode(), kept);
    }
}

#[test]
fn a_link_stays_a_link_and_what_it_leads_to_is_written() {
    let folder = folder();
    fs::create_dir(folder.file("reports")).unwrap();
    symlink("reports/new.json", folder.file("new")).unwrap();
    symlink("new", folder.file("twice")).unwrap();
    for _ in ["nothing is there yet", "something is there"] {
        let (status, _, err) = folder.ran(&[&QUICK[..], &["--format", "json=twice"]].concat());
        assert_eq!((status, err.as_str()), (0, ""));
        assert!(folder.file("twice").is_symlink() && folder.file("new").is_symlink());
        assert!(folder.read("reports/new.json").ends_with(b"}\n"));
        folder.write("reports/new.json", b"other");
    }
    assert_eq!(names(&folder.file("reports")), ["new.json"]);
}

#[test]
fn pipes_and_devices_are_written_as_they_are() {
    let folder = folder();
    let whole = folder.ran(&QUICK).1;
    assert_eq!(
        folder.ran(&[&QUICK[..], &["--output", "/dev/stdout"]].concat()),
        (0, whole.clone(), String::new())
    );
    assert_eq!(
        folder.ran(&[&QUICK[..], &["--output", "/dev/null"]].concat()),
        (0, String::new(), String::new())
    );
    for format in ["text", "jsonl"] {
        let place = format!("{format}=pipe");
        let args = [&QUICK[..], &["--format", &place]].concat();
        let script = "mkfifo pipe; cat pipe > read & \"$0\" \"$@\"; status=$?; wait; rm pipe; exit $status";
        let out = shell(folder.path(), script, &args);
        assert_eq!((out.status.code(), text(&out.stderr).as_str()), (Some(0), ""), "{format}");
        let plain = folder.ran(&[&QUICK[..], &["--format", format]].concat()).1;
        assert_eq!(text(&folder.read("read")), plain, "{format}");
        // What stands in a file that the shell has opened stays.
        let append = "echo before > log; \"$0\" \"$@\" 3>> log";
        let place = format!("{format}=/dev/fd/3");
        let args = [&QUICK[..], &["--format", &place]].concat();
        let out = shell(folder.path(), append, &args);
        assert_eq!((out.status.code(), text(&out.stderr).as_str()), (Some(0), ""), "{format}");
        assert_eq!(text(&folder.read("log")), format!("before\n{plain}"), "{format}");
    }
    let out = shell(
        folder.path(),
        "echo before > log; \"$0\" \"$@\" >> log",
        &[&QUICK[..], &["-o", "/dev/stdout"]].concat(),
    );
    assert_eq!((out.status.code(), text(&folder.read("log"))), (Some(0), format!("before\n{whole}")));
}

#[test]
fn what_can_be_no_file_is_refused_before_the_work() {
    let folder = folder();
    fs::create_dir(folder.file("folder")).unwrap();
    symlink("loop", folder.file("loop")).unwrap();
    let long = "x".repeat(300);
    for format in FORMATS {
        for path in
            ["folder", "folder/", "new/", ".", "..", "/", "none/report", "texts.txt/report", "loop", &long]
        {
            let (status, out, err) =
                folder.ran(&["audit", "no-such-texts.txt", "--format", &format!("{format}={path}")]);
            assert_eq!((status, out.as_str()), (2, ""), "{path}");
            assert!(
                err.starts_with("error: failed to write ") && err.contains("\n\nhint: "),
                "{format} {path}: {err}"
            );
        }
    }
    assert_eq!(names(folder.path()), ["folder", "loop", "texts.txt"]);
    assert_eq!(folder.ran(&["audit", "texts.txt", "--output", ""]).0, 2);
    assert_eq!(folder.ran(&["audit", "texts.txt", "--format", "json="]).0, 2);
}

#[test]
fn names_of_any_bytes_and_of_any_length_are_taken() {
    use std::os::unix::ffi::OsStrExt;
    let folder = folder();
    let long = "x".repeat(255);
    for name in [&b"a\xff\xfeb"[..], "日本 \n'\"".as_bytes(), long.as_bytes()] {
        let name = std::ffi::OsStr::from_bytes(name);
        let mut command = assert_cmd::Command::cargo_bin("attncheck").unwrap();
        let out = command.args(QUICK).arg("--output").arg(name).current_dir(folder.path()).output().unwrap();
        assert_eq!((out.status.code(), text(&out.stderr).as_str()), (Some(0), ""), "{name:?}");
        assert!(fs::metadata(folder.path().join(name)).unwrap().len() > 0);
    }
}
