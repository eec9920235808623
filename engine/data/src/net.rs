//! A net round readers that others wrote: a panic of theirs ends the reading of one file, not the
//! process, and prints nothing.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// Is this thread inside [`caught`]?
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// Runs `read`; a panic in it, whose message is English, becomes words. What `read` changed is to be dropped after a
/// panic.
///
/// The first call wraps the panic hook of the process: panics outside are reported as before.
pub(super) fn caught<T>(read: impl FnOnce() -> T) -> Result<T, String> {
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !INSIDE.try_with(Cell::get).unwrap_or(false) {
                usual(info);
            }
        }));
    });
    let before = INSIDE.replace(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(read));
    INSIDE.set(before);
    outcome.map_err(|_| "le fichier est endommagé: sa lecture s'arrête en chemin".to_string())
}

#[cfg(test)]
mod tests {
    use super::caught;

    /// A panic inside is an error; what follows runs as if nothing had been.
    #[test]
    fn a_panic_becomes_an_error() {
        assert_eq!(caught(|| 7), Ok(7));
        let none: Vec<u8> = Vec::new();
        let said = caught(|| none[0]).unwrap_err();
        assert!(said.contains("endommagé"), "{said}");
        assert_eq!(caught(|| 8), Ok(8));
    }
}
