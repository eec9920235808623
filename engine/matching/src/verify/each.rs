//! Sums over all requests, shared among threads where the solver's feature brings them.
//!
//! The only place of the checker that knows of threads. Sums are of whole numbers, so that the order in which
//! they are added up decides nothing.

#[cfg(feature = "solver")]
use rayon::prelude::*;

/// Requests that one thread adds up before it shares the rest: fewer cost more to share than to add up.
#[cfg(feature = "solver")]
const AT_ONCE: usize = 4096;

/// Runs `check` among the threads that share the work, and not at every sum.
#[cfg(feature = "solver")]
pub(super) fn together<T: Send>(check: impl FnOnce() -> T + Send) -> T {
    rayon::scope(|_| check())
}

/// Runs `check`, on one thread.
#[cfg(not(feature = "solver"))]
pub(super) fn together<T>(check: impl FnOnce() -> T) -> T {
    check()
}

/// The sum of what `of` says of each request below `requests`, or `None` if it says `None` of one of them.
/// `of` gets a list of its thread to work in.
#[cfg(feature = "solver")]
pub(super) fn sum(requests: u32, of: impl Fn(&mut Vec<u16>, u32) -> Option<i64> + Sync) -> Option<i128> {
    let requests = (0..requests).into_par_iter().with_min_len(AT_ONCE);
    requests
        .map_init(Vec::new, |fits, request| of(fits, request).map(i128::from))
        .try_reduce(|| 0, |a, b| Some(a + b))
}

/// The sum of what `of` says of each request below `requests`.
#[cfg(feature = "solver")]
pub(super) fn sum_all(requests: u32, of: impl Fn(u32) -> i64 + Sync + Send) -> i128 {
    (0..requests).into_par_iter().with_min_len(AT_ONCE).map(|request| i128::from(of(request))).sum()
}

/// The sum of what `of` says of each request below `requests`, one after the other.
#[cfg(not(feature = "solver"))]
pub(super) fn sum_all(requests: u32, of: impl Fn(u32) -> i64) -> i128 {
    (0..requests).map(|request| i128::from(of(request))).sum()
}

#[cfg(not(feature = "solver"))]
pub(super) use in_order as sum;

/// The sum of what `of` says of each request below `requests`, or `None` if it says `None` of one of them;
/// one after the other. `of` gets a list to work in.
#[cfg(any(test, not(feature = "solver")))]
pub(super) fn in_order(requests: u32, of: impl Fn(&mut Vec<u16>, u32) -> Option<i64>) -> Option<i128> {
    let mut fits = Vec::new();
    (0..requests).map(|request| of(&mut fits, request).map(i128::from)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Threads change no sum: 10,000 squares add up to n (n + 1) (2 n + 1) / 6, shared or in order, and one
    /// request without a number leaves no sum.
    #[test]
    fn sums_do_not_depend_on_threads() {
        let n = 10_000_i128;
        let square = |_: &mut Vec<u16>, request: u32| Some(i64::from(request + 1).pow(2));
        assert_eq!(sum(10_000, square), Some(n * (n + 1) * (2 * n + 1) / 6));
        assert_eq!(in_order(10_000, square), sum(10_000, square));
        assert_eq!(Some(sum_all(10_000, |request| i64::from(request + 1).pow(2))), sum(10_000, square));
        let but_one = |_: &mut Vec<u16>, request: u32| (request != 7_777).then_some(1);
        assert_eq!((sum(10_000, but_one), in_order(10_000, but_one)), (None, None));
    }
}
