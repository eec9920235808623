//! The way into every function: no panic leaves it, and what is wrong is told in one form.

use std::ffi::c_char;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::raw::Slot;
use crate::refusal::{LogisStatus, Refusal};

/// Runs the body of a function. What is wrong is put as a document at `problem`, if it is wanted.
///
/// # Safety
/// `problem` is NULL, or points to memory for a pointer that this library alone writes during the call.
pub unsafe fn enter(problem: *mut *mut c_char, body: impl FnOnce() -> Result<(), Refusal>) -> LogisStatus {
    // SAFETY: the caller's promise.
    let slot = unsafe { Slot::optional(problem) };
    // What a panic leaves behind is whole: handles are only read, places are written when all is computed, and the
    // locks of the library go on after one.
    let done = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| Err(Refusal::fault()));
    match done {
        Ok(()) => LogisStatus::Ok,
        Err(refusal) => {
            let told = catch_unwind(AssertUnwindSafe(|| slot.text(refusal.document())));
            if told.is_ok() { refusal.status } else { LogisStatus::Fault }
        }
    }
}

/// Runs what frees a handle: a panic ends there.
pub fn leave(free: impl FnOnce()) {
    // There is nobody to tell.
    let _ = catch_unwind(AssertUnwindSafe(free));
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests {
    use super::*;
    use std::ffi::{CStr, CString};

    /// What a panic says stays inside: the caller reads that it is a fault of Logis.
    #[test]
    fn a_panic_is_told_as_a_fault() {
        let mut problem = std::ptr::null_mut();
        // SAFETY: a place for a pointer.
        let status = unsafe { enter(&raw mut problem, || panic!("somewhere in the engine")) };
        assert_eq!(status, LogisStatus::Fault);
        // SAFETY: it was made by `Slot::text`.
        let said = unsafe { CStr::from_ptr(problem) }.to_string_lossy().into_owned();
        assert!(said.contains("faute de Logis") && !said.contains("engine"), "{said}");
        // SAFETY: as above; nobody uses it any more.
        drop(unsafe { CString::from_raw(problem) });
        // SAFETY: NULL says that the words are not wanted.
        assert_eq!(unsafe { enter(std::ptr::null_mut(), || panic!()) }, LogisStatus::Fault);
        leave(|| panic!("while something is freed"));
    }
}
