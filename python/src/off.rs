//! Computing with the interpreter's lock released.
//!
//! The work is done by a thread of its own; the calling thread waits for it without the lock, looks for signals and calls
//! the caller's function with the progress. On Ctrl-C the call ends at once: the work stops at its next step, and what
//! it gives is thrown away.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use pyo3::prelude::*;

use crate::errors::Failure;

/// How long signals may wait.
const PATIENCE: Duration = Duration::from_millis(50);

/// What the work tells of itself.
pub enum Message<T> {
    Progress(usize, Option<usize>),
    Done(Result<T, Failure>),
}

/// How the work tells how far it is, and hears that it is to stop.
pub struct Progress<T> {
    to: Sender<Message<T>>,
    stopped: Arc<AtomicBool>,
}

impl<T> Progress<T> {
    /// So much is done of so much, if that is known.
    pub fn tell(&self, done: usize, of: Option<usize>) {
        // Nobody hears it once the call has ended.
        let _ = self.to.send(Message::Progress(done, of));
    }

    /// Is nobody waiting any more?
    pub fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

/// Does the work; `progress(done, total)` is called in the calling thread.
pub fn compute<T: Send + 'static>(
    py: Python<'_>,
    progress: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce(&Progress<T>) -> Result<T, Failure> + Send + 'static,
) -> PyResult<T> {
    let (to, mut from) = channel();
    let stopped = Arc::new(AtomicBool::new(false));
    let told = Progress { to: to.clone(), stopped: stopped.clone() };
    let run = move || {
        let answer = catch_unwind(AssertUnwindSafe(|| work(&told))).unwrap_or(Err(Failure::Panicked));
        let _ = to.send(Message::Done(answer));
    };
    let started = std::thread::Builder::new().name("logis".to_string()).spawn(run);
    started.map_err(|error| crate::errors::said(error.to_string()).raised(py))?;
    loop {
        let waiting = from;
        let (heard, waited) = py.detach(move || (waiting.recv_timeout(PATIENCE), waiting));
        from = waited;
        let goes_on = match heard {
            Ok(Message::Done(answer)) => return answer.map_err(|failure| failure.raised(py)),
            Ok(Message::Progress(done, of)) => match progress {
                Some(progress) => progress.call1((done, of)).map(|_| ()),
                None => Ok(()),
            },
            Err(RecvTimeoutError::Timeout) => Ok(()),
            Err(RecvTimeoutError::Disconnected) => return Err(Failure::Panicked.raised(py)),
        };
        if let Err(error) = goes_on.and_then(|()| py.check_signals()) {
            stopped.store(true, Ordering::Relaxed);
            return Err(error);
        }
    }
}
