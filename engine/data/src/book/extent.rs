//! How large the sheets of an ODS or XLS file are, before a reader makes a full rectangle of each.

use std::io::{Cursor, Read};

use quick_xml::events::{BytesStart, Event};

use super::super::outside::Told;

/// The most cells that the rectangles round all sheets' cells may have together.
pub(super) const CELLS: u64 = 1 << 24;

/// The most bytes of text that repeated cells may come to.
const TEXTS: u64 = 1 << 30;

fn too_large(cells: u64) -> String {
    format!(
        "les feuilles couvrent {cells} cellules ; au plus {CELLS}: supprimez les lignes et colonnes lointaines, ou donnez du CSV ou du Parquet"
    )
}

/// Checks an ODS file: its cells and rows say how often they are repeated.
pub(super) fn ods(bytes: &[u8]) -> Result<(), String> {
    let wrong = |why: &str| format!("content.xml ne se lit pas: {why}");
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| wrong(&e.told()))?;
    let entry = archive.by_name("content.xml").map_err(|e| wrong(&e.told()))?;
    let mut reader = quick_xml::Reader::from_reader(std::io::BufReader::new(entry));
    reader.config_mut().check_end_names = false;
    let (mut buffer, mut sheets, mut sheet) = (Vec::new(), 0_u64, OdsSheet::default());
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(|_| wrong("ce n'est pas du XML bien formé"))? {
            Event::Start(e) => sheet.element(&e),
            Event::Empty(e) => {
                sheet.element(&e);
                if e.name().as_ref() == "table:table-row" {
                    sheet.end_row();
                }
            }
            Event::Text(t) => sheet.text(t.len() as u64),
            Event::End(e) if e.name().as_ref() == "table:table-row" => sheet.end_row(),
            Event::End(e) if e.name().as_ref() == "table:table" => {
                sheets = sheets.saturating_add(std::mem::take(&mut sheet).area());
            }
            Event::Eof => break,
            _ => {}
        }
        if sheet.texts > TEXTS {
            return Err("les textes répétés prennent plus d'un Go".to_string());
        }
    }
    let cells = sheets.saturating_add(sheet.area());
    if cells > CELLS { Err(too_large(cells)) } else { Ok(()) }
}

/// Where the filled cells of an ODS sheet reach to.
#[derive(Default)]
struct OdsSheet {
    /// Rows up to the present one, and up to the last that is filled.
    rows: u64,
    last_row: u64,
    /// Columns up to the present cell, and up to the farthest that is filled.
    columns: u64,
    last_column: u64,
    /// Is there a filled cell in the present row?
    filled: bool,
    /// How often the present row and cell stand.
    row_times: u64,
    times: u64,
    /// Bytes of text, each as often as it stands.
    texts: u64,
}

impl OdsSheet {
    fn element(&mut self, e: &BytesStart<'_>) {
        let number = |key: &str| {
            e.try_get_attribute(key).ok().flatten().map(|a| a.value.trim().parse().unwrap_or(u64::MAX))
        };
        match e.name().as_ref() {
            "table:table-row" => {
                self.row_times = number("table:number-rows-repeated").unwrap_or(1);
                self.columns = 0;
                self.filled = false;
            }
            "table:table-cell" | "table:covered-table-cell" => {
                self.times = number("table:number-columns-repeated").unwrap_or(1);
                self.columns = self.columns.saturating_add(self.times);
                let filled = e.attributes().flatten().any(|a| {
                    let key = a.key.as_ref();
                    key.starts_with("office:") || key == "table:formula"
                });
                if filled {
                    self.filled = true;
                    self.last_column = self.last_column.max(self.columns);
                    self.text(e.len() as u64);
                }
            }
            // So many spaces.
            "text:s" => self.text(number("text:c").unwrap_or(1)),
            _ => {}
        }
    }

    fn text(&mut self, bytes: u64) {
        let times = self.times.max(1).saturating_mul(self.row_times.max(1));
        self.texts = self.texts.saturating_add(bytes.saturating_mul(times));
    }

    fn end_row(&mut self) {
        self.rows = self.rows.saturating_add(self.row_times.max(1));
        if self.filled {
            self.last_row = self.rows;
        }
        self.times = 1;
        self.row_times = 1;
    }

    fn area(&self) -> u64 {
        self.last_row.saturating_mul(self.last_column)
    }
}

/// What the reader of compound files says.
fn xls_error(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => "il s'arrête trop tôt".to_string(),
        _ => "il est endommagé".to_string(),
    }
}

/// Checks an XLS file: a compound file whose records begin with the place of their cell.
pub(super) fn xls(bytes: &[u8]) -> Result<(), String> {
    let wrong = |e: std::io::Error| format!("le fichier XLS ne s'ouvre pas: {}", xls_error(&e));
    let mut file = cfb::CompoundFile::open(Cursor::new(bytes)).map_err(wrong)?;
    let name = ["/Workbook", "/Book"].into_iter().find(|name| file.is_stream(name));
    let Some(name) = name else { return Err("le fichier n'a pas de classeur XLS".to_string()) };
    let mut stream = Vec::new();
    file.open_stream(name).map_err(wrong)?.read_to_end(&mut stream).map_err(wrong)?;
    let (mut at, mut cells, mut sheet) = (0_usize, 0_u64, XlsSheet::default());
    let word = |at: usize| Some(u64::from(*stream.get(at)?) | u64::from(*stream.get(at + 1)?) << 8);
    while let (Some(kind), Some(length)) = (word(at), word(at + 2)) {
        let from = at + 4;
        match kind {
            // A substream begins.
            0x0809 => cells = cells.saturating_add(std::mem::take(&mut sheet).area()),
            // The rectangle that the sheet announces: memory for it is taken at once.
            0x0200 => {
                let announced = match length {
                    10 => (word(from + 2), word(from + 6)),
                    _ => (word(from + 6).filter(|high| *high == 0).and(word(from + 4)), word(from + 10)),
                };
                let (Some(rows), Some(columns)) = announced else {
                    return Err("une feuille annonce plus de lignes qu'un fichier XLS n'en a".to_string());
                };
                if columns > 256 {
                    return Err(format!("une feuille annonce {columns} colonnes ; au plus 256"));
                }
                cells = cells.saturating_add(rows.saturating_mul(columns) / 2);
            }
            0x0203..=0x0205 | 0x00D6 | 0x027E | 0x00FD | 0x0006 => sheet.cell(word(from), word(from + 2)),
            0x00BD => {
                let last = (from as u64 + length).checked_sub(2).and_then(|at| word(at as usize));
                sheet.cell(word(from), word(from + 2));
                sheet.cell(word(from), last);
            }
            _ => {}
        }
        at = from + length as usize;
    }
    cells = cells.saturating_add(sheet.area());
    if cells > 4 * CELLS { Err(too_large(cells)) } else { Ok(()) }
}

/// The rectangle round the cells of an XLS sheet.
#[derive(Default)]
struct XlsSheet {
    rows: Option<(u64, u64)>,
    columns: Option<(u64, u64)>,
}

impl XlsSheet {
    fn cell(&mut self, row: Option<u64>, column: Option<u64>) {
        let with = |range: Option<(u64, u64)>, n: Option<u64>| match (range, n) {
            (Some((low, high)), Some(n)) => Some((low.min(n), high.max(n))),
            (None, Some(n)) => Some((n, n)),
            (range, None) => range,
        };
        self.rows = with(self.rows, row);
        self.columns = with(self.columns, column);
    }

    fn area(&self) -> u64 {
        let side = |range: Option<(u64, u64)>| range.map_or(0, |(low, high)| high - low + 1);
        side(self.rows).saturating_mul(side(self.columns))
    }
}
