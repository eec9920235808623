//! Lists of things by a number that each has: a counting sort.

#![expect(clippy::indexing_slicing, reason = "measured loops; callers give keys below their count")]

/// The things by their key, one list behind the other: those of key `k` are `things[starts[k]..starts[k + 1]]`,
/// in the order in which they come. Keys are below `keys`.
pub(crate) fn by_key<T: Copy>(
    keys: usize,
    all: impl Iterator<Item = (u32, T)> + Clone,
) -> (Vec<usize>, Vec<T>) {
    // First pass: how many there are of each key, one place late, so that the running sums are the starts.
    let mut starts = vec![0; keys + 1];
    for (key, _) in all.clone() {
        starts[key as usize + 1] += 1;
    }
    let mut total = 0;
    for start in &mut starts {
        total += *start;
        *start = total;
    }
    // Second pass: each to the next free place of its key, which keeps their order.
    let mut next = starts.clone();
    let mut things: Vec<T> = all.clone().next().map_or_else(Vec::new, |(_, first)| vec![first; total]);
    for (key, thing) in all {
        let at = &mut next[key as usize];
        things[*at] = thing;
        *at += 1;
    }
    (starts, things)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_stand_by_key_in_the_order_they_came() {
        let all = [(2, 'a'), (0, 'b'), (2, 'c')];
        assert_eq!(by_key(4, all.into_iter()), (vec![0, 1, 1, 3, 3], vec!['b', 'a', 'c']));
        assert_eq!(by_key(1, std::iter::empty::<(u32, char)>()), (vec![0, 0], vec![]));
    }
}
