//! Packs of rules.

use std::ffi::c_char;

use logis::diagnostic::{Issue, Severity};
use logis::exchange::Document;
use logis::{Pack, fingerprint};
use serde::Serialize;

use crate::enter::{enter, leave};
use crate::raw::{self, Slot};
use crate::refusal::Refusal;

/// A pack of rules, read and checked. Any number of threads may use it at once.
pub struct LogisPack(pub(crate) Pack);

/// The body of a document of the kind `pack`.
#[derive(Serialize)]
struct About<'p> {
    name: &'p str,
    hash: String,
    version: &'static str,
    warnings: Vec<Issue>,
}

/// Gives the national rule book that the library carries: the rules of Action Logement and of the texts that it
/// applies. It is read and checked once a process.
///
/// `*pack` is to be freed by `logis_pack_free`.
///
/// # Safety
/// `pack` and `problem` point to memory for a pointer; `problem` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn logis_pack_national(
    pack: *mut *mut LogisPack,
    problem: *mut *mut c_char,
) -> crate::LogisStatus {
    let body = || {
        // SAFETY: the caller's promise.
        let slot = unsafe { Slot::new(pack, "pack") }?;
        slot.handle(LogisPack(Pack::national()));
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { enter(problem, body) }
}

/// Reads the pack of rules in a folder, and checks it.
///
/// `folder` is `folder_length` bytes of UTF-8. `*pack` is to be freed by `logis_pack_free`.
///
/// # Safety
/// `folder` points to `folder_length` bytes; `pack` and `problem` to memory for a pointer; `problem` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn logis_pack_load(
    folder: *const c_char,
    folder_length: usize,
    pack: *mut *mut LogisPack,
    problem: *mut *mut c_char,
) -> crate::LogisStatus {
    let body = || {
        // SAFETY: the caller's promise.
        let slot = unsafe { Slot::new(pack, "pack") }?;
        // SAFETY: the caller's promise.
        let folder = unsafe { raw::text(folder, folder_length, "folder") }?;
        slot.handle(LogisPack(Pack::to_decide(folder).map_err(|error| Refusal::rules(&error))?));
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { enter(problem, body) }
}

/// Says which rules a pack is of: a document of the kind `pack`, with its name, the hash of its files, the version of
/// the library, and what was found in it that is worth a look and no error.
///
/// `*document` is to be freed by `logis_text_free`.
///
/// # Safety
/// `pack` is a pack that is not freed during the call; `document` and `problem` point to memory for a pointer;
/// `problem` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn logis_pack_about(
    pack: *const LogisPack,
    document: *mut *mut c_char,
    problem: *mut *mut c_char,
) -> crate::LogisStatus {
    let body = || {
        // SAFETY: the caller's promise.
        let slot = unsafe { Slot::new(document, "document") }?;
        // SAFETY: the caller's promise.
        let LogisPack(pack) = unsafe { raw::held(pack, "pack") }?;
        let parsed = pack.parsed();
        let found = pack.warnings.iter().filter(|one| one.severity != Severity::Note);
        let about = About {
            name: &parsed.manifest.name,
            hash: fingerprint::of_pack(parsed),
            version: env!("CARGO_PKG_VERSION"),
            warnings: found.map(|one| Issue::of_diagnostic(one, &parsed.sources)).collect(),
        };
        slot.text(Document::new("pack", about).line().map_err(|_| Refusal::fault())?);
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { enter(problem, body) }
}

/// Frees a pack; nothing happens for NULL. Deciders that were made of it go on.
///
/// # Safety
/// `pack` was given by this library and is not used any more, by any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn logis_pack_free(pack: *mut LogisPack) {
    // SAFETY: the caller's promise.
    leave(|| unsafe { raw::free(pack) });
}
