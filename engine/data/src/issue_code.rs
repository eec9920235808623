//! The codes of what can be wrong with a data package: what a fault is, whatever its words. `issue_codes.md` beside this
//! file says what each means.

use std::fmt;
use std::sync::LazyLock;

use logis_language::diagnostic::codes;

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $name:ident = $code:literal,)*) => {
        /// What is wrong, whatever its words. A code keeps its meaning in all versions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $doc])* $name,)*
        }

        impl Code {
            /// All codes, in order.
            pub const ALL: &'static [Code] = &[$(Code::$name),*];

            /// `D0403`
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Code::$name => $code,)*
                }
            }
        }
    };
}

codes! {
    /// A file holds nothing.
    EmptyFile = "D0101",
    /// A file is not of the form that its name says, or is damaged.
    Unreadable = "D0102",
    /// A file is in two encodings, or a byte is no character.
    Encoding = "D0103",
    /// A file is read in an encoding that was guessed.
    GuessedEncoding = "D0104",
    /// A file is larger than is read at once.
    TooLarge = "D0105",
    /// A file, a sheet or a table is none that the schema knows.
    UnknownTable = "D0106",
    /// A file or a sheet is read as the table that its name contains.
    ResemblingTable = "D0107",
    /// A table is given twice.
    TableTwice = "D0108",
    /// A table that is needed is not there.
    TableMissing = "D0109",
    /// `paquet.toml` says something that it cannot say.
    PackageFile = "D0110",
    /// A mapping says something that it cannot say, or that the files do not have.
    Mapping = "D0111",
    /// A file is of a form that this program is built without.
    FormNotBuilt = "D0112",
    /// A column that is needed is not there.
    ColumnMissing = "D0201",
    /// A column is given twice.
    ColumnTwice = "D0202",
    /// A column is none that the schema knows.
    UnknownColumn = "D0203",
    /// The headers do not stand in the first row.
    HeadersBelow = "D0204",
    /// Cells have no header above them.
    NoHeader = "D0205",
    /// Columns that nothing asks for are not read, and nobody looked at their cells.
    Unchecked = "D0206",
    /// A row has more or fewer cells than there are headers.
    RowWidth = "D0301",
    /// A quotation mark is missing or one too many.
    Quotation = "D0302",
    /// A cell goes over several lines.
    SeveralLines = "D0303",
    /// A row has no identifier, or something that is none.
    NoIdentifier = "D0304",
    /// An identifier stands in two rows.
    IdentifierTwice = "D0305",
    /// A row seems to be one of totals.
    TotalRow = "D0306",
    /// A cell is given twice.
    CellTwice = "D0307",
    /// A cell that must hold something is empty.
    EmptyCell = "D0401",
    /// A cell is neither true nor false.
    NotABoolean = "D0402",
    /// A cell is no number.
    NotANumber = "D0403",
    /// A cell is no date.
    NotADate = "D0404",
    /// A cell is none of the values of its list.
    NotInList = "D0405",
    /// A cell is no text, or a text that lost something on its way.
    NotAText = "D0406",
    /// A cell reads in two ways.
    TwoReadings = "D0407",
    /// A number is out of its range.
    OutOfRange = "D0408",
    /// A number has too many decimals.
    Decimals = "D0409",
    /// A character of a cell is lost.
    LostCharacter = "D0410",
    /// A cell is read as a day by a rule of spreadsheets.
    ReadAsDay = "D0411",
    /// A yearly amount is one of a month, or in thousands.
    SmallAmount = "D0412",
    /// A value is of another form than its place in JSON asks for.
    OtherForm = "D0413",
    /// An identifier is that of no row.
    NoSuchRow = "D0501",
    /// A code or a name is not in a reference table of the pack.
    NoSuchCode = "D0502",
    /// A name is that of several rows.
    SeveralCodes = "D0503",
    /// A row has too few of the rows that belong to it.
    TooFewMembers = "D0504",
    /// An invariant of the pack is false of a row.
    Invariant = "D0601",
    /// A result does not go into the form that it is to be written in.
    Result = "D0701",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<Code> for &'static str {
    fn from(code: Code) -> &'static str {
        code.as_str()
    }
}

static PAGE: LazyLock<Vec<codes::Code>> = LazyLock::new(|| codes::of_page(include_str!("issue_codes.md")));

/// What the page says of each code, in order.
pub fn all() -> &'static [codes::Code] {
    &PAGE
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each code has its section on the page, and the page has no other.
    #[test]
    fn the_page_has_every_code() {
        let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        let page: Vec<&str> = all().iter().map(|section| section.code).collect();
        assert_eq!(page, codes);
        assert!(codes.is_sorted());
        assert!(all().iter().all(|section| section.text.contains("**Remède.**")));
    }
}
