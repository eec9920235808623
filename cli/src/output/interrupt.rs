//! Interruptions: no half-written file is left, and what is to be said last is said.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Files and folders being written: an interruption takes them away.
static PENDING: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// What an interruption says last.
static LAST_WORDS: Mutex<Option<LastWords>> = Mutex::new(None);

type LastWords = Box<dyn Fn() -> String + Send>;

/// Something that an interruption takes away, until this is dropped.
pub struct Pending(PathBuf);

/// Makes a file or folder that an interruption takes away from its first moment on.
pub fn begin<T, E>(
    make: impl FnOnce() -> Result<T, E>,
    path: impl Fn(&T) -> &Path,
) -> Result<(T, Pending), E> {
    // While something is made, no interruption looks at what there is.
    let mut pending = PENDING.lock();
    let made = make()?;
    let own = path(&made).to_path_buf();
    if let Ok(pending) = &mut pending {
        pending.insert(own.clone());
    }
    Ok((made, Pending(own)))
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Ok(mut pending) = PENDING.lock() {
            pending.remove(&self.0);
        }
    }
}

/// From now on an interruption ends with these words on the standard error.
pub fn say_on_interrupt(words: impl Fn() -> String + Send + 'static) {
    if let Ok(mut slot) = LAST_WORDS.lock() {
        *slot = Some(Box::new(words));
    }
}

/// Is an interruption how a command is meant to end?
static MEANT: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C is how the command ends: exit code 0.
pub fn end_quietly_on_interrupt() {
    MEANT.store(true, Ordering::Relaxed);
}

/// Takes away what is half written, and ends with 128 and the signal's number, as a shell says it.
fn end(signal: i32) {
    // Held to the end: no other thread begins a file any more.
    let pending = PENDING.lock();
    for path in pending.iter().flat_map(|pending| pending.iter()) {
        if std::fs::remove_file(path).is_err() {
            drop(std::fs::remove_dir_all(path));
        }
    }
    if let Ok(words) = LAST_WORDS.lock()
        && let Some(words) = words.as_ref()
    {
        eprintln!("\n{}", words());
    }
    let meant = MEANT.load(Ordering::Relaxed) && signal == INTERRUPT;
    std::process::exit(if meant { 0 } else { 128 + signal });
}

/// The number of Ctrl-C.
const INTERRUPT: i32 = 2;

/// On Ctrl-C, at the end of the terminal and when asked to end: leaves no half-written file, then ends. A
/// signal that whoever started us ignores (`nohup`) stays ignored.
#[cfg(unix)]
pub fn clean_on_interrupt() {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
    let ignored = ignored_signals();
    let signals = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
    let listen = || -> std::io::Result<()> {
        // A file over the limit of the process is then an error of the write, which names the file.
        signal_hook::flag::register(SIGXFSZ, std::sync::Arc::default())?;
        let mut signals = signal_hook::iterator::Signals::new(signals)?;
        std::thread::Builder::new().name("signaux".to_string()).spawn(move || {
            if let Some(signal) = signals.forever().next() {
                end(signal);
            }
        })?;
        Ok(())
    };
    if let Err(error) = listen() {
        eprintln!(
            "avertissement: les interruptions ne seront pas interceptées: {}",
            logis::diagnostic::foreign::io(&error)
        );
    }
}

/// The signals that were ignored when the process began, one bit each; none where the system does not tell.
#[cfg(unix)]
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// On Ctrl-C: leaves no half-written file, then ends.
#[cfg(not(unix))]
pub fn clean_on_interrupt() {
    if ctrlc::set_handler(|| end(INTERRUPT)).is_err() {
        eprintln!("avertissement: Ctrl-C ne sera pas intercepté");
    }
}
