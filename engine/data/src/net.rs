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

/// Runs `read`; a panic in it becomes its message. What `read` changed is to be dropped after a panic.
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
    outcome.map_err(|payload| {
        let text = payload.downcast_ref::<&str>().map(|s| (*s).to_string());
        text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panique".to_string())
    })
}

/// The words for a file that a reader does not get through.
pub(super) fn damaged(said: &str) -> String {
    format!("le fichier est endommagé (lecture: {said})")
}

#[cfg(test)]
mod tests {
    use super::caught;

    /// A panic inside is a message; what follows runs as if nothing had been.
    #[test]
    fn a_panic_becomes_its_message() {
        assert_eq!(caught(|| 7), Ok(7));
        let none: Vec<u8> = Vec::new();
        let said = caught(|| none[0]).unwrap_err();
        assert!(said.contains("index out of bounds"), "{said}");
        assert_eq!(caught(|| 8), Ok(8));
    }
}
