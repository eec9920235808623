//! Where the cells of a CSV text end: separators and line feeds, found 64 bytes at a time.

/// Gives the places of all separators and line feeds of a text, in order.
pub(super) struct Marks<'b> {
    bytes: &'b [u8],
    separator: u8,
    /// Where the 64 bytes begin that are looked at.
    base: usize,
    /// A bit for each of them that is a mark and not given yet, the first one's lowest.
    found: u64,
}

impl<'b> Marks<'b> {
    pub fn new(bytes: &'b [u8], separator: u8) -> Marks<'b> {
        let mut marks = Marks { bytes, separator, base: 0, found: 0 };
        marks.look();
        marks
    }

    /// The next mark.
    pub fn next(&mut self) -> Option<usize> {
        while self.found == 0 {
            self.base += 64;
            if self.base >= self.bytes.len() {
                return None;
            }
            self.look();
        }
        let place = self.found.trailing_zeros() as usize;
        self.found &= self.found - 1;
        Some(self.base + place)
    }

    /// Goes on after a place.
    pub fn go_past(&mut self, place: usize) {
        let after = place + 1;
        if after / 64 * 64 != self.base {
            self.base = after / 64 * 64;
            self.found = 0;
            if self.base < self.bytes.len() {
                self.look();
            }
        }
        self.found &= u64::MAX << (after % 64);
    }

    /// Looks at the 64 bytes from `base` on.
    fn look(&mut self) {
        let rest = self.bytes.get(self.base..).unwrap_or(&[]);
        self.found = match rest.first_chunk::<64>() {
            Some(chunk) => marks(chunk, self.separator),
            None => {
                let mut chunk = [0; 64];
                for (slot, byte) in chunk.iter_mut().zip(rest) {
                    *slot = *byte;
                }
                marks(&chunk, self.separator)
            }
        };
    }
}

/// A bit for each byte that is a mark.
fn marks(chunk: &[u8; 64], separator: u8) -> u64 {
    let mut is_mark = [0_u8; 64];
    for (slot, byte) in is_mark.iter_mut().zip(chunk) {
        *slot = u8::from(*byte == separator) | u8::from(*byte == b'\n');
    }
    let (eights, _) = is_mark.as_chunks::<8>();
    let mut found = 0;
    for (place, eight) in eights.iter().enumerate() {
        // The product brings the lowest bit of each byte to its place in the highest byte.
        let bits = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        found |= bits << (8 * place);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::Marks;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn marks_are_where_they_stand(bytes in prop::collection::vec(prop::sample::select(b"a;\n\"".to_vec()), 0..300), past in 0_usize..300) {
            let places: Vec<usize> = (0..bytes.len()).filter(|at| matches!(bytes[*at], b';' | b'\n')).collect();
            let mut marks = Marks::new(&bytes, b';');
            let found: Vec<usize> = std::iter::from_fn(|| marks.next()).collect();
            prop_assert_eq!(&found, &places);
            let mut marks = Marks::new(&bytes, b';');
            marks.go_past(past);
            let found: Vec<usize> = std::iter::from_fn(|| marks.next()).collect();
            prop_assert_eq!(found, places.into_iter().filter(|at| *at > past).collect::<Vec<_>>());
        }
    }
}
