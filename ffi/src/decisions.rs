//! Single records, decided and explained.

use std::ffi::c_char;

use logis::value::{Date, parse_date};
use logis::{DataError, Decider};
use serde::Serialize;
use serde_json::Value as Json;

use crate::enter::{enter, leave};
use crate::packs::LogisPack;
use crate::raw::{self, Slot};
use crate::refusal::Refusal;

/// Rules as of a date, ready to decide. Any number of threads may use it at once.
pub struct LogisDecider(pub(crate) Decider);

/// Plans rules as of a date.
///
/// `date` is `AAAA-MM-JJ`. `rules` are names of rules or of groups of the pack, between commas; none of them
/// (`rules_length` 0) stands for the results of the pack. `*decider` is to be freed by `logis_decider_free`; it goes on
/// after the pack is freed.
///
/// # Safety
/// `pack` is a pack that is not freed during the call; `date` and `rules` point to as many bytes as their lengths say;
/// `decider` and `problem` to memory for a pointer; `problem` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn logis_decider_new(
    pack: *const LogisPack,
    date: *const c_char,
    date_length: usize,
    rules: *const c_char,
    rules_length: usize,
    decider: *mut *mut LogisDecider,
    problem: *mut *mut c_char,
) -> crate::LogisStatus {
    let body = || {
        // SAFETY: the caller's promise.
        let slot = unsafe { Slot::new(decider, "decider") }?;
        // SAFETY: the caller's promise.
        let LogisPack(pack) = unsafe { raw::held(pack, "pack") }?;
        // SAFETY: the caller's promise.
        let date = read_date(unsafe { raw::text(date, date_length, "date") }?)?;
        // SAFETY: the caller's promise.
        let rules = unsafe { raw::text(rules, rules_length, "rules") }?;
        let names: Vec<&str> = rules.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        let names = if names.is_empty() { pack.results() } else { pack.expand(&names) };
        let plan = pack.plan(date, &names).map_err(|error| Refusal::rules(&error))?;
        slot.handle(LogisDecider(Decider::new(plan)));
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { enter(problem, body) }
}

/// Frees a decider; nothing happens for NULL.
///
/// # Safety
/// `decider` was given by this library and is not used any more, by any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn logis_decider_free(decider: *mut LogisDecider) {
    // SAFETY: the caller's promise.
    leave(|| unsafe { raw::free(decider) });
}

/// Decides one record: a document of the kind `decision`, as the service and the command write it.
///
/// `record` is an object of JSON of `record_length` bytes: the columns of the entity of the rules, what belongs to it as
/// arrays under the names of their tables. `*document` is to be freed by `logis_text_free`.
///
/// # Safety
/// `decider` is one that is not freed during the call; `record` points to `record_length` bytes; `document` and
/// `problem` to memory for a pointer; `problem` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn logis_decide(
    decider: *const LogisDecider,
    record: *const c_char,
    record_length: usize,
    document: *mut *mut c_char,
    problem: *mut *mut c_char,
) -> crate::LogisStatus {
    let of = |decider: &Decider, record: &Json| decider.decide(record);
    // SAFETY: the caller's promise.
    let body = || unsafe { answer(decider, record, record_length, document, of) };
    // SAFETY: the caller's promise.
    unsafe { enter(problem, body) }
}

/// Explains the decisions of one record, with what would turn each refusal: a document of the kind `explanation`.
///
/// Arguments are those of `logis_decide`. `*document` is to be freed by `logis_text_free`.
///
/// # Safety
/// As `logis_decide`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn logis_explain(
    decider: *const LogisDecider,
    record: *const c_char,
    record_length: usize,
    document: *mut *mut c_char,
    problem: *mut *mut c_char,
) -> crate::LogisStatus {
    let of = |decider: &Decider, record: &Json| {
        decider.explanations(record).map(logis::answers::Explanations::document)
    };
    // SAFETY: the caller's promise.
    let body = || unsafe { answer(decider, record, record_length, document, of) };
    // SAFETY: the caller's promise.
    unsafe { enter(problem, body) }
}

/// Answers for one record.
///
/// # Safety
/// As `logis_decide`.
unsafe fn answer<A: Serialize>(
    decider: *const LogisDecider,
    record: *const c_char,
    record_length: usize,
    document: *mut *mut c_char,
    of: impl FnOnce(&Decider, &Json) -> Result<A, DataError>,
) -> Result<(), Refusal> {
    // SAFETY: the caller's promise.
    let slot = unsafe { Slot::new(document, "document") }?;
    // SAFETY: the caller's promise.
    let LogisDecider(decider) = unsafe { raw::held(decider, "decider") }?;
    // SAFETY: the caller's promise.
    let record = unsafe { raw::bytes(record, record_length, "record") }?;
    let record = serde_json::from_slice(record).map_err(|error| Refusal::json("record", &error))?;
    let answer = of(decider, &record).map_err(|error| Refusal::data(&error))?;
    slot.text(serde_json::to_string(&answer).map_err(|_| Refusal::fault())?);
    Ok(())
}

/// A date, or in words that it is none.
pub fn read_date(text: &str) -> Result<Date, Refusal> {
    parse_date(text.trim())
        .ok_or_else(|| Refusal::options(format!("« {text} » n'est pas une date ; attendu: AAAA-MM-JJ")))
}
