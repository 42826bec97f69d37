//! What ends a run early: Ctrl-C, a request to end (a time limit of CI), and a terminal that is closed.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};

use attncheck::audit::AuditError;
use attncheck::error::ExitStatus;

use super::{Terminal, staged};

static STOP: AtomicBool = AtomicBool::new(false);
/// Examples are being audited, so that there will be something to report.
static WORKING: AtomicBool = AtomicBool::new(false);

/// Becomes true at the first signal, after which what was done is reported; the second ends the process at once, and so
/// does the first before anything is done.
pub fn interruption(terminal: Terminal) -> &'static AtomicBool {
    // Without a handler a signal ends the process as it would any other.
    let _ = listen(move || {
        let again = STOP.swap(true, Ordering::Relaxed);
        if again || !WORKING.load(Ordering::Relaxed) {
            staged::abandon();
            if !again {
                terminal.error(&AuditError::Interrupted.into());
            }
            process::exit(ExitStatus::Interrupted as i32);
        }
    });
    &STOP
}

/// Whether a signal has come.
pub fn is_stopped() -> bool {
    STOP.load(Ordering::Relaxed)
}

/// From here on an interrupted run has something to report.
pub fn working() {
    WORKING.store(true, Ordering::Relaxed);
}

/// Calls `told` at each signal, on a thread of its own. A signal that whoever started the process has had ignored
/// (`nohup`) stays ignored.
#[cfg(unix)]
fn listen(told: impl Fn() + Send + 'static) -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let ignored = ignored(&std::fs::read_to_string("/proc/self/status").unwrap_or_default());
    let wanted = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| (ignored >> (signal - 1)) & 1 == 0);
    let mut signals = signal_hook::iterator::Signals::new(wanted)?;
    std::thread::spawn(move || signals.forever().for_each(|_| told()));
    Ok(())
}

#[cfg(not(unix))]
fn listen(told: impl Fn() + Send + 'static) -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(told)
}

/// The signals that the process ignores, a bit each from signal 1 on, as Linux tells them.
#[cfg(unix)]
fn ignored(status: &str) -> u64 {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_is_ignored_is_read_as_linux_tells_it() {
        assert_eq!(
            ignored("Name:\tx\nSigBlk:\t0000000000000002\nSigIgn:\t0000000000001001\nSigCgt:\t04\n"),
            0x1001
        );
        assert_eq!((ignored(""), ignored("SigIgn:\tx\n")), (0, 0));
    }
}
