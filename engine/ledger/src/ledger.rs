//! The ledger: opened, held line by line, added to, whatever holds its lines.

use super::contradiction::Contradiction;
use super::error::LedgerError;
use super::file;
use super::line::{Entry, Line, Written, hash, origin, read};
use super::place::LedgerPlace;
#[cfg(feature = "postgres")]
use super::server;
use super::state::State;

/// A ledger as it was when it was opened, and what was added since.
#[derive(Debug)]
pub struct Ledger {
    place: LedgerPlace,
    /// None until there is a ledger.
    store: Option<Store>,
    lines: Vec<Line>,
    state: State,
}

/// What holds the lines.
#[derive(Debug)]
enum Store {
    File(file::File),
    #[cfg(feature = "postgres")]
    Server(Box<server::Server>),
}

impl Ledger {
    /// Opens a ledger, and holds its chain and what it says.
    ///
    /// # Errors
    /// [`LedgerError::Missing`]; a file or a database that is no ledger or cannot be reached; the first line that is wrong.
    pub fn open(place: &LedgerPlace) -> Result<Ledger, LedgerError> {
        let (store, written) = match place {
            LedgerPlace::File(path) => {
                let mut file = file::File::open(path)?;
                let written = file.lines()?;
                (Store::File(file), written)
            }
            #[cfg(feature = "postgres")]
            LedgerPlace::Postgres(address) => {
                let mut server = server::Server::open(address)?;
                let written = server.lines()?;
                (Store::Server(Box::new(server)), written)
            }
            #[cfg(not(feature = "postgres"))]
            LedgerPlace::Postgres(_) => return Err(LedgerError::NoPostgres),
        };
        let lines = lines(written)?;
        let state = state(&lines)?;
        Ok(Ledger { place: place.clone(), store: Some(store), lines, state })
    }

    /// Opens a ledger; where there is none, an empty one, which is made when something is added.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub fn open_or_new(place: &LedgerPlace) -> Result<Ledger, LedgerError> {
        match Ledger::open(place) {
            Err(LedgerError::Missing) => {
                Ok(Ledger { place: place.clone(), store: None, lines: Vec::new(), state: State::default() })
            }
            other => other,
        }
    }

    /// This ledger as it was when it ended with this line: for who decides again what was decided then.
    ///
    /// # Errors
    /// No line has this number, or it is within a session.
    pub fn up_to(mut self, line: u64) -> Result<Ledger, LedgerError> {
        let last = self.lines.last().map_or(0, |line| line.number);
        if line > last {
            return Err(LedgerError::NoLine { line, last });
        }
        self.lines.retain(|own| own.number <= line);
        self.state = state(&self.lines)?;
        Ok(self)
    }

    /// The lines, the first first.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// What the lines say together.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The hash of the last line, which stands for all; of an empty ledger: [`origin`].
    pub fn head(&self) -> String {
        self.lines.last().map_or_else(origin, |line| line.hash.clone())
    }

    /// Adds lines, all or none: they are on the disk when this comes back.
    ///
    /// # Errors
    /// Lines that contradict what stands before them, all of them; a ledger that others have added to since.
    pub fn append(&mut self, entries: &[Entry]) -> Result<(), LedgerError> {
        let (mut state, mut new, mut refused) = (self.state.clone(), Vec::new(), Vec::new());
        let (mut number, mut before) = (self.lines.last().map_or(0, |line| line.number), self.head());
        for (at, entry) in entries.iter().enumerate() {
            let line = Line::after(number + 1, &before, entry);
            match state.apply(line.number, entry) {
                Ok(()) => {
                    (number, before) = (line.number, line.hash.clone());
                    new.push(line);
                }
                Err(why) => refused.push((at, why)),
            }
        }
        if state.is_torn() && refused.is_empty() {
            let why = Contradiction::Place("la séance n'a pas toutes ses propositions");
            refused.push((entries.len().saturating_sub(1), why));
        }
        if !refused.is_empty() {
            return Err(LedgerError::Refused(refused));
        }
        if new.is_empty() {
            return Ok(());
        }
        let head = self.head();
        let store = match &mut self.store {
            Some(store) => store,
            none => none.insert(made(&self.place)?),
        };
        match store {
            Store::File(file) => file.add(&head, &new)?,
            #[cfg(feature = "postgres")]
            Store::Server(server) => server.add(&head, &new)?,
        }
        self.lines.extend(new);
        self.state = state;
        Ok(())
    }
}

/// A place where there is no ledger yet, to be written to.
fn made(place: &LedgerPlace) -> Result<Store, LedgerError> {
    match place {
        LedgerPlace::File(path) => file::File::new(path).map(Store::File),
        #[cfg(feature = "postgres")]
        LedgerPlace::Postgres(address) => {
            server::Server::new(address).map(|server| Store::Server(Box::new(server)))
        }
        #[cfg(not(feature = "postgres"))]
        LedgerPlace::Postgres(_) => Err(LedgerError::NoPostgres),
    }
}

/// All lines, each held against the one before.
fn lines(written: Vec<Written>) -> Result<Vec<Line>, LedgerError> {
    let (mut all, mut last): (Vec<Line>, String) = (Vec::new(), origin());
    for Written { number, texts, before, hash: written } in written {
        let expected = all.len() as u64 + 1;
        let wrong = |what: String| LedgerError::Chain { line: expected, what };
        if u64::try_from(number) != Ok(expected) {
            return Err(wrong(format!("manque; la suivante est la ligne {number}")));
        }
        let [day, kind, request, unit, details] = &texts;
        let cells = [day.as_str(), kind, request, unit, details];
        if before != last {
            return Err(wrong(format!("suit l'empreinte {before}; attendu: {last}")));
        }
        let computed = hash(&before, expected, cells);
        if computed != written {
            return Err(wrong(format!(
                "n'est pas telle qu'elle a été écrite: son contenu donne {computed}; attendu: {written}"
            )));
        }
        let entry = read(cells).map_err(wrong)?;
        last.clone_from(&written);
        all.push(Line { number: expected, entry, details: details.clone(), before, hash: written });
    }
    Ok(all)
}

fn state(lines: &[Line]) -> Result<State, LedgerError> {
    let state = State::of(lines).map_err(|(line, why)| LedgerError::Contradicts { line, why })?;
    match state.is_torn() {
        true => Err(LedgerError::Torn { line: lines.last().map_or(0, |line| line.number) }),
        false => Ok(state),
    }
}
