//! Files that are text in another encoding than UTF-8: what they are, and their text, so that the first
//! character that tells is shown and everything else in them is read.

/// What a file that is not UTF-8 is.
pub(in crate::pack) struct Other {
    /// Its text, as far as it is one.
    pub text: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub label: &'static str,
    /// The first byte of the text that shows it.
    pub at: usize,
    /// Is it a text at all?
    pub is_text: bool,
}

const SAVE: &str = "l'enregistrer en UTF-8 (Bloc-notes: Enregistrer sous, Encodage: UTF-8)";

/// Looks at bytes that are not UTF-8.
pub(in crate::pack) fn other(bytes: &[u8]) -> Other {
    let told = |text: String, name: &str| {
        let text = text.trim_start_matches('\u{feff}').to_string();
        let message = format!("le fichier est en {name}; attendu: UTF-8");
        Other { text, message, label: SAVE, at: 0, is_text: true }
    };
    if bytes.starts_with(&[0xff, 0xfe]) {
        return told(utf_16(bytes, u16::from_le_bytes), "UTF-16 (« Unicode » du Bloc-notes)");
    }
    if bytes.starts_with(&[0xfe, 0xff]) {
        return told(utf_16(bytes, u16::from_be_bytes), "UTF-16");
    }
    if bytes.contains(&0) {
        return Other {
            text: String::new(),
            message: "le fichier n'est pas du texte; attendu: du texte en UTF-8".to_string(),
            label: "un document de Word ou d'Excel ne se lit pas ici: en copier le texte",
            at: 0,
            is_text: false,
        };
    }
    let valid = std::str::from_utf8(bytes).map_or_else(|e| e.valid_up_to(), str::len);
    let mut other =
        told(bytes.iter().map(|b| windows_1252(*b)).collect(), "Windows-1252 (« ANSI » du Bloc-notes)");
    // Each byte is a character of the text.
    other.at = bytes.iter().take(valid).map(|b| windows_1252(*b).len_utf8()).sum();
    let character = other.text.get(other.at..).and_then(|t| t.chars().next()).unwrap_or(' ');
    other.message =
        format!("{}; trouvé: « {} » sur un octet", other.message, super::shown(&character.to_string()));
    other
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units: Vec<u16> = bytes.chunks_exact(2).filter_map(|two| two.try_into().ok()).map(unit).collect();
    String::from_utf16_lossy(&units)
}

/// The character of a byte of Windows-1252: Latin-1, but for what that has at 0x80 to 0x9f.
fn windows_1252(byte: u8) -> char {
    const OTHERS: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";
    let at = byte.checked_sub(0x80).filter(|at| *at < 0x20);
    at.and_then(|at| OTHERS.chars().nth(usize::from(at))).unwrap_or(char::from(byte))
}
