//! Recursion over expressions as deep as rules are written.
//!
//! A walk over the expression graph calls itself once a level, and a chain of five thousand `let`s is
//! five thousand levels. [`deep`] takes new stack from the heap where the thread's own ends; how deep a
//! graph may be is limited where rules are lowered.

/// Bytes that must be left of the stack when a walk goes one level down: more than the frames of one
/// level take.
const LEFT: usize = 256 * 1024;

/// Bytes of the new stack that is taken from the heap when less is left.
const MORE: usize = 4 * 1024 * 1024;

/// Calls `f`, on new stack if little is left of the thread's own.
pub fn deep<R>(f: impl FnOnce() -> R) -> R {
    stacker::maybe_grow(LEFT, MORE, f)
}
