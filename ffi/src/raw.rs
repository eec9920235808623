//! Pointers of callers, read and written: what the functions of the interface say of their arguments is what makes
//! this sound.

use std::ffi::{CString, c_char};

use crate::refusal::Refusal;

/// The bytes of an argument called `name`, for the time of the call.
///
/// # Safety
/// `data` points to `length` bytes that nobody writes during the call; where `length` is 0 it may be anything.
pub unsafe fn bytes<'c>(data: *const c_char, length: usize, name: &str) -> Result<&'c [u8], Refusal> {
    if length == 0 {
        return Ok(&[]);
    }
    if data.is_null() {
        return Err(Refusal::null(name));
    }
    if isize::try_from(length).is_err() {
        return Err(Refusal::misuse(format!("`{name}`: {length} octets, plus que la mémoire n'en a")));
    }
    // SAFETY: not null, and of a length that an object can have; the rest is the caller's promise.
    Ok(unsafe { std::slice::from_raw_parts(data.cast(), length) })
}

/// The text of an argument called `name`, for the time of the call.
///
/// # Safety
/// As [`bytes`].
pub unsafe fn text<'c>(data: *const c_char, length: usize, name: &str) -> Result<&'c str, Refusal> {
    // SAFETY: the caller's promise.
    let bytes = unsafe { bytes(data, length, name) }?;
    std::str::from_utf8(bytes).map_err(|error| {
        Refusal::misuse(format!("`{name}`: l'octet {} n'est pas de l'UTF-8", error.valid_up_to() + 1))
    })
}

/// What a handle called `name` holds, for the time of the call.
///
/// # Safety
/// `handle` is NULL, or was given by this library and is not freed during the call.
pub unsafe fn held<'c, T>(handle: *const T, name: &str) -> Result<&'c T, Refusal> {
    // SAFETY: the caller's promise.
    unsafe { handle.as_ref() }.ok_or_else(|| Refusal::null(name))
}

/// Frees what a handle holds.
///
/// # Safety
/// `handle` is NULL, or was given by [`Slot::handle`] and is not used any more.
pub unsafe fn free<T>(handle: *mut T) {
    if !handle.is_null() {
        // SAFETY: it was made by `Box::into_raw`, and its owner gives it back once.
        drop(unsafe { Box::from_raw(handle) });
    }
}

/// A place of the caller's for a pointer to what it is given.
pub struct Slot<T>(*mut *mut T);

impl<T> Slot<T> {
    /// A place that must be there. It holds NULL until something is put there.
    ///
    /// # Safety
    /// `place` is NULL, or points to memory for a pointer that this library alone writes during the call.
    pub unsafe fn new(place: *mut *mut T, name: &str) -> Result<Slot<T>, Refusal> {
        // SAFETY: the caller's promise.
        let slot = unsafe { Slot::optional(place) };
        if slot.0.is_null() { Err(Refusal::null(name)) } else { Ok(slot) }
    }

    /// A place that may be NULL: what would be put there is not wanted.
    ///
    /// # Safety
    /// As [`Slot::new`].
    pub unsafe fn optional(place: *mut *mut T) -> Slot<T> {
        if !place.is_null() {
            // SAFETY: not null; the rest is the caller's promise.
            unsafe { place.write(std::ptr::null_mut()) };
        }
        Slot(place)
    }

    fn put(self, give: impl FnOnce() -> *mut T) {
        if !self.0.is_null() {
            // SAFETY: not null; that it can be written is what `new` and `optional` were promised.
            unsafe { self.0.write(give()) };
        }
    }

    /// Puts a handle there, which its owner frees by [`free`].
    pub fn handle(self, held: T) {
        self.put(|| Box::into_raw(Box::new(held)));
    }
}

impl Slot<c_char> {
    /// Puts a text there, which its owner frees by `logis_text_free`.
    pub fn text(self, text: String) {
        // JSON holds no NUL, nor does any other text that is given; one that did would end there.
        let text = CString::new(text).unwrap_or_else(|error| {
            let end = error.nul_position();
            let mut bytes = error.into_vec();
            bytes.truncate(end);
            CString::new(bytes).unwrap_or_default()
        });
        self.put(|| text.into_raw());
    }
}
