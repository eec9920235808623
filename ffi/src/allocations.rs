//! Candidacies and attributions of the tables of a data package, sent as JSON.

use std::ffi::c_char;

use logis::attribution::Report;
use logis::data::{InputFile, to_json};
use logis::diagnostic::foreign;
use logis::exchange::Document;
use logis::value::Date;
use logis::{AskedOptions, Options, Sent};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::decisions::read_date;
use crate::enter::enter;
use crate::packs::LogisPack;
use crate::raw::{self, Slot};
use crate::refusal::Refusal;

/// What messages call the tables.
const TABLES: &str = "tables.json";

/// What is asked for besides the tables.
fn asked(text: &[u8]) -> Result<(Date, Options), Refusal> {
    let refused = |what: String| Refusal::options(format!("`options`: {what}"));
    let mut asked: Map<String, Value> =
        serde_json::from_slice(text).map_err(|error| refused(foreign::json(&error)))?;
    let Some(date) = asked.remove("date") else { return Err(refused("`date` manque".to_string())) };
    let Some(date) = date.as_str() else {
        return Err(refused(format!("`date`: {date} ; attendu: un texte AAAA-MM-JJ")));
    };
    let date = read_date(date)?;
    let options = AskedOptions::read(asked).map_err(|error| Refusal::options(error.to_string()))?;
    Ok((date, options))
}

/// The body of a document of the kind `posed`: what is not in the rows of an answer.
#[derive(Serialize)]
struct Notes<'s> {
    date: String,
    open_pairs: u64,
    failed_pairs: u64,
    absent: &'s [String],
}

/// The document of a problem, as its caller is told it.
fn notes(sent: &Sent) -> Result<String, Refusal> {
    let notes = Notes {
        date: sent.posing.plan.pairs.date.to_string(),
        open_pairs: sent.open(),
        failed_pairs: sent.posing.instance.candidates.errors,
        absent: &sent.absent,
    };
    Document::new("posed", notes).line().map_err(|_| Refusal::fault())
}

/// A problem as it is sent: the pack, options and tables, with their lengths.
struct Given {
    pack: *const LogisPack,
    options: (*const c_char, usize),
    tables: (*const c_char, usize),
}

impl Given {
    /// # Safety
    /// As `logis_match` says of these arguments.
    unsafe fn pose(self, change: impl FnOnce(&mut Options)) -> Result<Sent, Refusal> {
        // SAFETY: the caller's promise.
        let LogisPack(pack) = unsafe { raw::held(self.pack, "pack") }?;
        // SAFETY: the caller's promise.
        let options = unsafe { raw::bytes(self.options.0, self.options.1, "options") }?;
        // SAFETY: the caller's promise.
        let tables = unsafe { raw::bytes(self.tables.0, self.tables.1, "tables") }?;
        let (date, mut options) = asked(options)?;
        change(&mut options);
        let file = InputFile { name: TABLES.to_string(), bytes: tables.to_vec() };
        Sent::new(pack, date, file, &options).map_err(|error| Refusal::allocation(&error))
    }
}

/// Finds which unit may be proposed to which request: an array of JSON with an object for each pair.
///
/// `options` is an object of JSON: `date` (`AAAA-MM-JJ`), and if wanted `select` (an array of rules to stand beside
/// each pair) and `max_candidates` (a number). `tables` is an object of JSON with an array of rows for each table.
/// `*rows` is to be freed by `logis_text_free`, and so is `*notes`, a document of the kind `posed`: how many pairs are
/// left open by what is not known, how many failed, which columns were not sent.
///
/// # Safety
/// `pack` is a pack that is not freed during the call; `options` and `tables` point to as many bytes as their lengths
/// say; `rows`, `notes` and `problem` to memory for a pointer; `notes` and `problem` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn logis_candidates(
    pack: *const LogisPack,
    options: *const c_char,
    options_length: usize,
    tables: *const c_char,
    tables_length: usize,
    rows: *mut *mut c_char,
    notes: *mut *mut c_char,
    problem: *mut *mut c_char,
) -> crate::LogisStatus {
    let given = Given { pack, options: (options, options_length), tables: (tables, tables_length) };
    let body = || {
        // SAFETY: the caller's promise.
        let told = unsafe { Slot::optional(notes) };
        // SAFETY: the caller's promise.
        let slot = unsafe { Slot::new(rows, "rows") }?;
        // SAFETY: the caller's promise.
        let sent = unsafe { given.pose(|options| options.no_quotas = true) }?;
        let found = to_json(&sent.posing.rows("candidatures", None)).map_err(|_| Refusal::fault())?;
        let found = String::from_utf8(found).map_err(|_| Refusal::fault())?;
        told.text(self::notes(&sent)?);
        slot.text(found);
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { enter(problem, body) }
}

/// Gives each unit to the request that the rules put first: a document of the kind `matching`, with the proof that no
/// answer does better.
///
/// `options` and `tables` are those of `logis_candidates`; `options` may hold too: `hard` (an array of quotas that come
/// before the number of attributions, `all` for every one), `no_quotas` (a boolean), `seed` (a number: a lottery among
/// equals), `fixed` and `forbidden` (arrays of pairs `["D1", "L4"]`: what is decided, what is ruled out), `near` (a
/// document of before: the answer begins there and moves few), `keep` (the points that may be given up to move fewer),
/// `prices` (a boolean: what each quota costs) and `time_limit` (seconds: what is not proved by then is left open).
/// `*document` and `*notes` are to be freed by `logis_text_free`. `LOGIS_STATUS_NO`: quotas of `hard` are met by housing nobody only.
///
/// # Safety
/// `pack` is a pack that is not freed during the call; `options` and `tables` point to as many bytes as their lengths
/// say; `document`, `notes` and `problem` to memory for a pointer; `notes` and `problem` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn logis_match(
    pack: *const LogisPack,
    options: *const c_char,
    options_length: usize,
    tables: *const c_char,
    tables_length: usize,
    document: *mut *mut c_char,
    notes: *mut *mut c_char,
    problem: *mut *mut c_char,
) -> crate::LogisStatus {
    let given = Given { pack, options: (options, options_length), tables: (tables, tables_length) };
    let body = || {
        // SAFETY: the caller's promise.
        let told = unsafe { Slot::optional(notes) };
        // SAFETY: the caller's promise.
        let slot = unsafe { Slot::new(document, "document") }?;
        // SAFETY: the caller's promise.
        let sent = unsafe { given.pose(|_| ()) }?;
        let notes = self::notes(&sent)?;
        let allocation = sent.solve().map_err(|error| Refusal::allocation(&error))?;
        let report = allocation.report().map_err(|error| Refusal::allocation(&error))?;
        let report = serde_json::to_string(&report).map_err(|_| Refusal::fault())?;
        told.text(notes);
        slot.text(report);
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { enter(problem, body) }
}

/// Holds a document of the kind `matching` against the tables that it is said to answer: each of its claims is computed
/// again, its proof checked. `LOGIS_STATUS_OK`: it holds. `LOGIS_STATUS_NO`: it does not, and the problem says why.
///
/// `options` and `tables` are those that `logis_match` was given.
///
/// # Safety
/// `pack` is a pack that is not freed during the call; `options`, `tables` and `document` point to as many bytes as
/// their lengths say; `problem` to memory for a pointer, or it is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn logis_verify(
    pack: *const LogisPack,
    options: *const c_char,
    options_length: usize,
    tables: *const c_char,
    tables_length: usize,
    document: *const c_char,
    document_length: usize,
    problem: *mut *mut c_char,
) -> crate::LogisStatus {
    let given = Given { pack, options: (options, options_length), tables: (tables, tables_length) };
    let body = || {
        // SAFETY: the caller's promise.
        let document = unsafe { raw::text(document, document_length, "document") }?;
        // SAFETY: the caller's promise.
        let sent = unsafe { given.pose(|_| ()) }?;
        let report = Report::read(document).map_err(|error| Refusal::unread(&error))?;
        sent.posing.verify(&report).map_err(|error| Refusal::refuted(&error))?;
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { enter(problem, body) }
}
