//! A data package read part by part, for tables that are larger than memory.
//!
//! The rows of the decided entity come in parts of so many; the rows of the tables whose members it
//! has come with them, as long as the files hold them in the same order. Small tables are whole in
//! every part; a table that belongs to one read part by part is left out, if nothing needs it. What is
//! read is what [`super::read()`] would give for the part; what only the whole
//! shows (an order that cannot be followed, an identifier in two parts) ends the reading with
//! [`NotInOrder`]: the package is then to be read whole.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::ahead::{Ahead, StreamedFile};
use super::cursor::Cursor;
use super::files::raw_tables;
use super::issue::Issue;
use super::issue_code::Code;
use super::package::{InputFile, NotInOrder, ReadOutcome, sort};
use super::raw::RawTable;
use super::read::{Known, assemble, raw_references};
use super::share::Share;
use super::table::Dataset;
use super::texts::Seen;
use logis_language::pack::Reference;
use logis_language::pack::schema::{EntityId, FieldId, Origin, Schema};
use logis_language::plan::Needs;

/// How many columns that nobody looked at are named.
const NAMED: usize = 5;

/// By file: its rows that come with those of a part.
type Places = BTreeMap<String, Range<u64>>;

/// The tables of a part that are not whole in every part.
type Tables = BTreeMap<EntityId, RawTable>;

/// A package being read part by part.
pub struct Stream<'p> {
    schema: &'p Schema,
    needs: Needs,
    rows: usize,
    main: Cursor,
    members: Vec<Cursor>,
    /// Tables that are whole in every part.
    whole: BTreeMap<&'p str, RawTable>,
    tried: BTreeSet<&'p str>,
    own: BTreeMap<EntityId, RawTable>,
    /// The tables that are whole in every part, unless something is to be said of them.
    known: Option<Known>,
    /// What was said while opening.
    opening: Vec<Issue>,
    /// The rows of the decided entity that are given, if not all are: those before are passed over.
    only: Option<Range<u64>>,
    /// Rows of the decided entity given or passed over, where not all are given.
    given: u64,
    /// Has something been given? Who asks for no row is given a part without rows.
    begun: bool,
    /// Is the last part read, or the reading ended by an error? What an iterator gives then is nothing.
    over: bool,
}

impl<'p> Stream<'p> {
    /// Opens a package of which `streamed` are the files of `main` and of the tables whose members
    /// it has, and `others` the rest. Parts have `rows` rows of `main`.
    ///
    /// `None` if there is no streamed file for `main`, or for one of its members' tables there is a
    /// file among `others`, or `others` has a table that is needed and belongs to a streamed one, or rows are not
    /// decided by themselves ([`Needs::by_parts`]): the package is then to be read whole.
    pub fn open(
        schema: &'p Schema,
        references: &[Reference],
        main: EntityId,
        streamed: Vec<StreamedFile>,
        others: Vec<InputFile>,
        needs: &Needs,
        rows: usize,
    ) -> Option<Stream<'p>> {
        Stream::open_for(schema, references, main, streamed, others, needs, rows, None)
    }

    /// The same for a use that asks for no field but `only`: the columns of others are not read, nor looked at; those of
    /// which the files do not say that no cell is wrong are named in a warning of the first part.
    pub fn open_for(
        schema: &'p Schema,
        references: &[Reference],
        main: EntityId,
        streamed: Vec<StreamedFile>,
        others: Vec<InputFile>,
        needs: &Needs,
        rows: usize,
        only: Option<&BTreeSet<FieldId>>,
    ) -> Option<Stream<'p>> {
        if !needs.by_parts(schema, main) {
            return None;
        }
        // Files of others are read whole, where a mapping can give them their names.
        if others.iter().any(|f| f.name == super::mapping::MAPPING_FILE) {
            return None;
        }
        let mut opening = Vec::new();
        let (mut whole, tried) = raw_tables(schema, others, &mut opening);
        let mut files: BTreeMap<EntityId, (String, StreamedFile, String, String)> = BTreeMap::new();
        for file in streamed {
            let stem = file.name.rsplit_once('.').map_or(file.name.as_str(), |(stem, _)| stem);
            let (entity, declared, table) =
                schema.entities.iter().enumerate().find_map(|(id, e)| match &e.origin {
                    Origin::Data { table } if table == stem => Some((id, e, table.clone())),
                    _ => None,
                })?;
            let relation = declared.belongs_to.iter().find(|r| r.target == main);
            let key = if entity == main { declared.key.clone() } else { relation?.column.clone() };
            let id = declared.key.clone();
            files.insert(entity, (table, file, key, id));
        }
        if !files.contains_key(&main) {
            return None;
        }
        let whole_member = schema.entities.iter().enumerate().any(|(id, e)| {
            schema.parents(id).contains(&main)
                && matches!(&e.origin, Origin::Data { table } if whole.contains_key(table.as_str()))
        });
        if whole_member {
            return None;
        }
        // Rows that belong to rows of other parts: the projects of the persons of a request.
        let mut parted: BTreeSet<EntityId> = files.keys().copied().collect();
        while let Some((id, entity)) =
            schema.entities.iter().enumerate().find(|(id, e)| {
                !parted.contains(id) && e.belongs_to.iter().any(|r| parted.contains(&r.target))
            })
        {
            parted.insert(id);
            if let Origin::Data { table } = &entity.origin
                && whole.remove(table.as_str()).is_some()
                && needs.entities.contains(&id)
            {
                return None;
            }
        }
        let own = raw_references(schema, references, only, &mut opening);
        let of_pack: BTreeMap<EntityId, &RawTable> = own.iter().map(|(id, table)| (*id, table)).collect();
        let of_data = schema.entities.iter().enumerate().filter_map(|(id, entity)| match &entity.origin {
            Origin::Data { table } => Some((id, whole.get(table.as_str())?)),
            _ => None,
        });
        let all = of_data.chain(of_pack.iter().map(|(id, table)| (*id, *table))).collect();
        let known = Known::new(schema, &all, &parted, needs);
        // Those of the pack by themselves may belong to no table of data.
        let data =
            schema.entities.iter().enumerate().filter(|(_, e)| matches!(e.origin, Origin::Data { .. }));
        let data: BTreeSet<EntityId> = data.map(|(id, _)| id).collect();
        let known = known.or_else(|| Known::new(schema, &of_pack, &data, needs));
        let known = known.map(|known| known.keeping(only));
        let mut cursors: BTreeMap<EntityId, Cursor> = BTreeMap::new();
        for (entity, (table, file, key, id)) in files {
            let (name, seen) = (file.name.clone(), Seen::default());
            let line = file.lines_before();
            let ahead = Ahead::start(schema, entity, only, needs, &key, file)?;
            opening.extend(unchecked(&name, &ahead.unchecked));
            let cursor = Cursor { entity, table, file: name, ahead, key, id, rest: None, line, seen };
            cursors.insert(entity, cursor);
        }
        let main = cursors.remove(&main)?;
        Some(Stream {
            schema,
            needs: needs.clone(),
            rows: rows.max(1),
            main,
            members: cursors.into_values().collect(),
            whole,
            tried,
            own,
            known,
            opening,
            only: None,
            given: 0,
            begun: false,
            over: false,
        })
    }

    /// Opens a package for one of several processes that decide it: for some of the rows, with what belongs to them.
    /// `files` opens those that are read part by part, and gives the rest, as often as it is asked. All processes read all keys, so that each
    /// finds by itself where its rows begin and end in every file, and that the whole is in order; of a Parquet file
    /// nothing else is read of the rows of others.
    ///
    /// `None` if the package is to be read whole, which every process finds out alike: then each is to read it whole, and
    /// to keep its rows ([`Dataset::keep`]).
    ///
    /// # Errors
    /// [`NotInOrder`], as from [`Stream::next_part`]: the rows of this part could not be read, though the whole is in
    /// order. What others do with theirs is not known then.
    pub fn open_share(
        schema: &'p Schema,
        references: &[Reference],
        main: EntityId,
        files: &dyn Fn() -> Option<(Vec<StreamedFile>, Vec<InputFile>)>,
        needs: &Needs,
        rows: usize,
        only: Option<&BTreeSet<FieldId>>,
        share: Share,
    ) -> Result<Option<Stream<'p>>, NotInOrder> {
        let open = |streamed: Vec<StreamedFile>, others, only: Option<&BTreeSet<FieldId>>| {
            Stream::open_for(schema, references, main, streamed, others, needs, rows, only)
        };
        let Some((streamed, others)) = files() else { return Ok(None) };
        let opened = streamed.len();
        let counted: BTreeMap<String, u64> =
            streamed.iter().filter_map(|file| Some((file.name.clone(), file.rows()?))).collect();
        let Some(mut keys) = open(streamed, others, Some(&BTreeSet::new())) else { return Ok(None) };
        // Where a file does not say how many rows it has, all are read from their start.
        let all = counted.get(&keys.main.file).copied().filter(|_| counted.len() == opened);
        let Ok((rows, places)) = keys.find(share, all) else { return Ok(None) };
        drop(keys);
        let (streamed, others) = files().ok_or(NotInOrder)?;
        let between = |file: StreamedFile| match places.get(&file.name) {
            Some(place) if all.is_some() => file.between(place.clone()),
            _ => file,
        };
        let streamed = streamed.into_iter().map(between).collect();
        let mut stream = open(streamed, others, only).ok_or(NotInOrder)?;
        // Files that begin where the part does are read to their end; of others the rows before are passed over.
        stream.only = Some(if all.is_some() { 0..rows.end - rows.start } else { rows });
        Ok(Some(stream))
    }

    /// Reads everything, and finds the rows of a part of the decided entity's, of which there are `all` if that is known
    /// already: then also the rows of each file that come with them.
    fn find(&mut self, share: Share, all: Option<u64>) -> Result<(Range<u64>, Places), NotInOrder> {
        let cut = all.map(|all| share.rows(all));
        let (mut places, mut given) = (Places::new(), 0);
        loop {
            if let Some(cut) = &cut {
                for cursor in self.members.iter().chain([&self.main]) {
                    let place = places.entry(cursor.file.clone()).or_insert(0..u64::MAX);
                    place.start = if given <= cut.start { cursor.line } else { place.start };
                    place.end = if given <= cut.end { cursor.line } else { place.end };
                }
            }
            let ends = cut.iter().flat_map(|cut| [cut.start, cut.end]).filter(|end| *end > given);
            let next = ends.min().map_or(u64::MAX, |end| end - given);
            let most = usize::try_from(next).unwrap_or(self.rows).min(self.rows);
            match self.rows_and_members(most, &mut Vec::new())? {
                Some((rows, _)) => given += rows as u64,
                None => break,
            }
        }
        self.end()?;
        if all.is_some_and(|all| all != given) {
            return Err(NotInOrder);
        }
        Ok((cut.unwrap_or_else(|| share.rows(given)), places))
    }

    /// Reads the next part: some rows of the decided entity, with what belongs to them; `None` after the last.
    /// Lines count from the start of the file; columns that are not there are told with every part.
    ///
    /// # Errors
    /// [`NotInOrder`], at the latest after the last part.
    pub fn next_part(&mut self) -> Result<Option<ReadOutcome>, NotInOrder> {
        let begun = std::mem::replace(&mut self.begun, true);
        let Some(only) = self.only.clone() else { return self.part(self.rows) };
        if only.is_empty() {
            // Whoever puts parts together finds one of no rows, with its columns.
            return if begun { Ok(None) } else { self.nothing().map(Some) };
        }
        let most = |rows: usize, left: u64| usize::try_from(left).unwrap_or(rows).min(rows);
        let mut given = self.given;
        while given < only.start {
            let before = most(self.rows, only.start - given);
            match self.rows_and_members(before, &mut Vec::new())? {
                Some((rows, _)) => given += rows as u64,
                None => return Err(NotInOrder),
            }
        }
        let most = most(self.rows, only.end.saturating_sub(given));
        self.given = given + most as u64;
        // The rows of others after these are not read: that they are in order was found before.
        if most == 0 { Ok(None) } else { self.part(most) }
    }

    /// The next rows of the decided entity, at most so many, with what belongs to them; `None` after the last.
    fn part(&mut self, most: usize) -> Result<Option<ReadOutcome>, NotInOrder> {
        let mut issues = std::mem::take(&mut self.opening);
        match self.rows_and_members(most, &mut issues)? {
            Some((_, tables)) => Ok(Some(self.assembled(&tables, issues))),
            None => self.end().map(|()| None),
        }
    }

    /// A part of no rows.
    fn nothing(&mut self) -> Result<ReadOutcome, NotInOrder> {
        let mut issues = std::mem::take(&mut self.opening);
        let mut tables = BTreeMap::new();
        for cursor in self.members.iter_mut().chain([&mut self.main]) {
            tables.insert(cursor.entity, cursor.none(&mut issues)?);
        }
        Ok(self.assembled(&tables, issues))
    }

    /// The next rows of the decided entity, at most so many, and of the tables of its members: how many rows of it, and
    /// the tables. `None` after the last.
    fn rows_and_members(
        &mut self,
        most: usize,
        issues: &mut Vec<Issue>,
    ) -> Result<Option<(usize, Tables)>, NotInOrder> {
        let Some((main, ids)) = self.main.rows(most, issues)? else { return Ok(None) };
        let next = self.main.next_key()?;
        let mut tables = Tables::new();
        for cursor in &mut self.members {
            let table = cursor.members(&ids, next.as_deref(), issues)?;
            tables.insert(cursor.entity, table);
        }
        tables.insert(self.main.entity, main);
        Ok(Some((ids.len(), tables)))
    }

    /// Tables of a part, typed and linked.
    fn assembled(&self, tables: &Tables, mut issues: Vec<Issue>) -> ReadOutcome {
        let raw = |id: EntityId, entity: &logis_language::pack::schema::Entity| match &entity.origin {
            Origin::Data { table } => tables.get(&id).or_else(|| self.whole.get(table.as_str())),
            Origin::Reference { .. } => self.own.get(&id),
            Origin::Pair(..) => None,
        };
        let read = assemble(self.schema, raw, &self.tried, &self.needs, self.known.as_ref(), &mut issues);
        sort(&mut issues);
        let dataset = Dataset { tables: read.tables, ..Dataset::default() };
        ReadOutcome { dataset, issues, absent: read.absent, dropped: read.dropped }
    }

    /// Nothing may be left, and no identifier may stand twice.
    fn end(&mut self) -> Result<(), NotInOrder> {
        for cursor in &mut self.members {
            if cursor.fill()? {
                return Err(NotInOrder);
            }
        }
        for cursor in self.members.iter_mut().chain([&mut self.main]) {
            if !cursor.seen.differ() {
                return Err(NotInOrder);
            }
        }
        Ok(())
    }
}

/// Says which columns of a file nothing asks for, so that nobody looked at their cells.
fn unchecked(file: &str, headers: &[String]) -> Option<Issue> {
    let named: Vec<String> = headers.iter().take(NAMED).map(|header| format!("`{header}`")).collect();
    let more = if headers.len() > NAMED { "…" } else { "" };
    let message = format!(
        "{} colonne(s) ni lue(s) ni contrôlée(s), car rien de demandé n'en dépend: {}{more} (--strict les contrôle)",
        headers.len(),
        named.join(", ")
    );
    (!headers.is_empty()).then(|| Issue::warning(Code::Unchecked, file, message))
}

/// The parts, as [`Stream::next_part`] reads them.
impl Iterator for Stream<'_> {
    type Item = Result<ReadOutcome, NotInOrder>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let part = self.next_part();
        self.over = !matches!(part, Ok(Some(_)));
        part.transpose()
    }
}
