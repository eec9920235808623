//! The library itself: its version, and the texts that it gives.

use std::ffi::{CString, c_char};

use crate::enter::leave;

/// Number of the interface: it changes with every change that a program which was compiled before could not call.
pub const LOGIS_ABI: u32 = 1;

/// The number of the interface of the library that runs: to be compared with `LOGIS_ABI` of the header that a program
/// was compiled with.
#[unsafe(no_mangle)]
pub extern "C" fn logis_abi() -> u32 {
    LOGIS_ABI
}

/// The version of the library (`0.1.0`). The text is never freed.
#[unsafe(no_mangle)]
pub extern "C" fn logis_version() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    VERSION.as_ptr().cast()
}

/// Frees a text that a function of this library gave; nothing happens for NULL.
///
/// # Safety
/// `text` was given by a function of this library, was not changed in length and is not used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn logis_text_free(text: *mut c_char) {
    leave(|| {
        if !text.is_null() {
            // SAFETY: the text was made by `CString::into_raw` in `raw::Slot`, and its owner gives it back once.
            drop(unsafe { CString::from_raw(text) });
        }
    });
}
