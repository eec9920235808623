//! What the readers and writers of workbooks, archives, Parquet and CSV say in English, in French: what a person can
//! do something about by its kind, the rest as a damaged file.

#[cfg(feature = "xlsx")]
use calamine::{OdsError, XlsError, XlsbError, XlsxError};
#[cfg(feature = "parquet")]
use parquet::errors::ParquetError;
#[cfg(feature = "xlsx")]
use rust_xlsxwriter::XlsxError as Unwritten;
#[cfg(feature = "xlsx")]
use zip::result::ZipError;

use logis_language::diagnostic::foreign;

#[cfg(any(feature = "xlsx", feature = "parquet"))]
const DAMAGED: &str = "il est endommagé, ou ce n'est pas ce que dit la fin de son nom";
#[cfg(feature = "xlsx")]
const PASSWORD: &str = "un mot de passe le protège: l'enregistrer sans";

/// An error of a reader or a writer.
pub(super) trait Told {
    /// In French.
    fn told(&self) -> String;
}

#[cfg(feature = "xlsx")]
impl Told for ZipError {
    fn told(&self) -> String {
        match self {
            ZipError::Io(error) => foreign::io(error),
            ZipError::InvalidPassword => PASSWORD.to_string(),
            ZipError::UnsupportedArchive(why) if why.to_lowercase().contains("password") => {
                PASSWORD.to_string()
            }
            ZipError::CompressionMethodNotSupported(_) | ZipError::UnsupportedArchive(_) => {
                "sa compression n'est pas lue ici".to_string()
            }
            _ => DAMAGED.to_string(),
        }
    }
}

#[cfg(feature = "xlsx")]
impl Told for XlsxError {
    fn told(&self) -> String {
        match self {
            XlsxError::Io(error) => foreign::io(error),
            XlsxError::Zip(error) => error.told(),
            XlsxError::Password => PASSWORD.to_string(),
            XlsxError::FileNotFound(part) => format!("il lui manque « {part} »"),
            _ => DAMAGED.to_string(),
        }
    }
}

#[cfg(feature = "xlsx")]
impl Told for XlsbError {
    fn told(&self) -> String {
        match self {
            XlsbError::Io(error) => foreign::io(error),
            XlsbError::Zip(error) => error.told(),
            XlsbError::Password => PASSWORD.to_string(),
            XlsbError::FileNotFound(part) => format!("il lui manque « {part} »"),
            _ => DAMAGED.to_string(),
        }
    }
}

#[cfg(feature = "xlsx")]
impl Told for XlsError {
    fn told(&self) -> String {
        match self {
            XlsError::Io(error) => foreign::io(error),
            XlsError::Password => PASSWORD.to_string(),
            _ => DAMAGED.to_string(),
        }
    }
}

#[cfg(feature = "xlsx")]
impl Told for OdsError {
    fn told(&self) -> String {
        match self {
            OdsError::Io(error) => foreign::io(error),
            OdsError::Zip(error) => error.told(),
            OdsError::Password => PASSWORD.to_string(),
            OdsError::FileNotFound(part) => format!("il lui manque « {part} »"),
            _ => DAMAGED.to_string(),
        }
    }
}

#[cfg(feature = "parquet")]
impl Told for ParquetError {
    fn told(&self) -> String {
        match self {
            ParquetError::External(error) => match error.downcast_ref::<std::io::Error>() {
                Some(error) => foreign::io(error),
                None => DAMAGED.to_string(),
            },
            ParquetError::NYI(_) => "il contient ce qui n'est pas lu ici".to_string(),
            ParquetError::EOF(_) => "il s'arrête trop tôt".to_string(),
            _ => DAMAGED.to_string(),
        }
    }
}

#[cfg(feature = "csv")]
impl Told for csv::Error {
    fn told(&self) -> String {
        match self.kind() {
            csv::ErrorKind::Io(error) => foreign::io(error),
            csv::ErrorKind::UnequalLengths { .. } => {
                "les lignes n'ont pas le même nombre de cellules".to_string()
            }
            _ => "les lignes ne s'écrivent pas".to_string(),
        }
    }
}

#[cfg(feature = "xlsx")]
impl Told for Unwritten {
    fn told(&self) -> String {
        match self {
            Unwritten::IoError(error) | Unwritten::TempFileError(_, error) => foreign::io(error),
            Unwritten::ZipError(error) => error.told(),
            Unwritten::RowColumnLimitError => {
                "plus de lignes ou de colonnes qu'une feuille n'en a (1 048 576 et 16 384): écrire du CSV ou du Parquet"
                    .to_string()
            }
            Unwritten::MaxStringLengthExceeded => {
                "un texte de plus de 32 767 caractères: écrire du CSV ou du Parquet".to_string()
            }
            _ => "le classeur ne s'écrit pas".to_string(),
        }
    }
}

#[cfg(feature = "parquet")]
impl Told for arrow_schema::ArrowError {
    fn told(&self) -> String {
        match self {
            arrow_schema::ArrowError::IoError(_, error) => foreign::io(error),
            arrow_schema::ArrowError::NotYetImplemented(_) => {
                "il contient ce qui n'est pas lu ici".to_string()
            }
            _ => DAMAGED.to_string(),
        }
    }
}

impl Told for std::io::Error {
    fn told(&self) -> String {
        foreign::io(self)
    }
}
