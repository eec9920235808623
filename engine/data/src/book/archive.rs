//! Checks of a ZIP archive before a reader sees it: sums of all entries, and how much they unpack to.
//!
//! The reader of sheets stops where the cells end, before the sum of the entry is compared; and it
//! trusts what an archive says of itself. Both are settled here, in one pass in bounded memory.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::super::outside::Told;

/// The most that one entry may unpack to, in bytes.
const ENTRY: u64 = 1 << 30;

/// The most that all entries may unpack to.
const ALL: u64 = 3 << 30;

/// From this size on an entry must not be packed more than [`RATIO`] times.
const SUSPECT: u64 = 64 << 20;

/// Sheets of numbers pack 10 to 50 times; DEFLATE ends at about 1000.
const RATIO: u64 = 250;

/// The most entries: a workbook has some for each sheet and picture.
const ENTRIES: usize = 20_000;

/// How far into an entry the number of its texts may stand.
const OPENING: usize = 1 << 16;

/// Reads every entry to its end; says what is wrong with the archive, if anything is.
pub(super) fn check(bytes: &[u8]) -> Result<(), String> {
    let mut archive =
        ZipArchive::new(Cursor::new(bytes)).map_err(|e| format!("l'archive ne s'ouvre pas: {}", e.told()))?;
    if archive.len() > ENTRIES {
        return Err(format!("l'archive a {} entrées ; au plus: {ENTRIES}", archive.len()));
    }
    let mut all = 0_u64;
    let mut buffer = vec![0_u8; 1 << 16];
    for at in 0..archive.len() {
        let mut entry = archive
            .by_index(at)
            .map_err(|e| format!("une entrée de l'archive ne s'ouvre pas: {}", e.told()))?;
        let name = entry
            .name()
            .map(|n| n.into_owned())
            .map_err(|e| format!("le nom d'une entrée ne se lit pas: {}", e.told()))?;
        let (size, packed) = (entry.size(), entry.compressed_size());
        let bomb = size >= SUSPECT && size / RATIO > packed;
        if size > ENTRY || bomb {
            return Err(format!(
                "« {name} » prend {} Mo une fois décompressé, pour {packed} octets: trop pour être lu",
                size >> 20
            ));
        }
        let (mut read, mut opening) = (0_u64, Vec::new());
        loop {
            let n = entry
                .read(&mut buffer)
                .map_err(|_| format!("« {name} » ne se décompresse pas: l'archive est endommagée"))?;
            if n == 0 {
                break;
            }
            let chunk = buffer.get(..n).unwrap_or(&[]);
            if opening.len() < OPENING {
                opening.extend_from_slice(chunk);
            }
            read += n as u64;
            all += n as u64;
            if read > ENTRY || all > ALL {
                return Err(format!("« {name} »: trop d'octets une fois décompressé"));
            }
        }
        if read != size {
            return Err(format!("« {name} » a {read} octets ; attendu: {size}"));
        }
        if let Some(count) = texts_announced(&opening)
            && count > read
        {
            return Err(format!("« {name} » annonce {count} textes en {read} octets"));
        }
    }
    Ok(())
}

/// `uniqueCount` of a table of shared texts: memory for so many is taken before the first is read.
fn texts_announced(opening: &[u8]) -> Option<u64> {
    // Without the zeros of UTF-16.
    let plain: Vec<u8> = opening.iter().copied().filter(|b| *b != 0).collect();
    let key = b"uniqueCount";
    let at = plain.windows(key.len()).position(|w| w == key)?;
    let digits: String = plain
        .get(at + key.len()..)?
        .iter()
        .skip_while(|b| !b.is_ascii_digit())
        .take_while(|b| b.is_ascii_digit())
        .map(|b| char::from(*b))
        .collect();
    Some(digits.parse().unwrap_or(u64::MAX))
}
