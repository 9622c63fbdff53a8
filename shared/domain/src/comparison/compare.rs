//! The comparison itself: rows go in one by one, members are known before; what is left on either side is matched at the end.

use std::{collections::HashMap, sync::Arc};

use chrono::NaiveDate;

use super::{
    Counts, Difference, Registered, Suggestion, differences,
    near::{Loose, Reason, Sought, near_matches},
    suggestion,
};
use crate::{
    cell::Cell,
    finding::{Code, Fault},
    identity::Document,
    import::{Duplicates, repeats, wide_hash},
    name::{PersonName, read_name},
    place::{Blocks, Place},
    row::{Checked, RosterRow},
    text,
};

/// A row that says something else of a member than the registry.
#[derive(Clone, Debug)]
pub struct Changed {
    /// Where it stands.
    pub row: Place,
    /// The member's place in what was given.
    pub member: usize,
    /// The fields.
    pub differences: Vec<Difference>,
}

/// A row of somebody who is no member of this union.
#[derive(Clone, Debug)]
pub struct Stranger {
    /// Where it stands.
    pub row: Place,
    /// What the row says.
    pub person: RosterRow,
}

/// A row whose document stood in an earlier one.
#[derive(Clone, Debug)]
pub struct Repeated {
    /// Where it stands.
    pub row: Place,
    /// What the row says.
    pub person: RosterRow,
    /// Which row it repeats.
    pub fault: Fault,
}

/// A row with an error.
#[derive(Clone)]
pub struct Refused {
    /// Where it stands.
    pub row: Place,
    /// The name, as far as there is one.
    pub name: Option<PersonName>,
    /// The document's number as written, in the clear.
    pub number: Option<Box<str>>,
    /// What is wrong.
    pub faults: Vec<Fault>,
}

impl std::fmt::Debug for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Refused").field("row", &self.row).field("faults", &self.faults).finish_non_exhaustive()
    }
}

/// A member who is not in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absent {
    /// The member's place in what was given.
    pub member: usize,
    /// What is proposed; nothing where parts of the file were not read, for he may stand in one of them (decision 46).
    pub suggestion: Option<Suggestion>,
}

/// A row and an absent member who may be one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearMatch {
    /// Where it stands.
    pub row: Place,
    /// Whether the row has an error; it then is not counted as a near match, and guards the member all the same.
    pub refused: bool,
    /// The place of the row among the strangers, or among those with an error.
    pub place: usize,
    /// The member's place in what was given.
    pub member: usize,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// Where the document of a stranger is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nobody has it.
    Nobody,
    /// A person has it who is in no union today.
    Former,
    /// A member of another union.
    Elsewhere,
}

/// What a comparison found; members by their places in what was given.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// The counts.
    pub counts: Counts,
    /// Rows that say something else of a member.
    pub changed: Vec<Changed>,
    /// Rows of people who are in no union.
    pub newcomers: Vec<Stranger>,
    /// Rows of people who are registered in another union, with their places among the strangers.
    pub elsewhere: Vec<(usize, Stranger)>,
    /// Rows whose document stood in an earlier one.
    pub repeated: Vec<Repeated>,
    /// Rows with an error.
    pub refused: Vec<Refused>,
    /// Members who are not in the file.
    pub absent: Vec<Absent>,
    /// Rows and absent members who may be one person.
    pub near: Vec<NearMatch>,
}

/// A comparison on its way. Rows that say what the registry says are counted and forgotten.
pub struct Comparing {
    members: Arc<Vec<Registered>>,
    /// Members by 128 bits of hash of their documents' keys, as [`Duplicates`] has rows.
    by_key: HashMap<u128, u32>,
    blocks: Blocks,
    /// By member: the first row with the document; row 0 where there is none.
    seen: Vec<Place>,
    /// Rows that found no member.
    duplicates: Duplicates,
    strangers: Vec<Stranger>,
    so_far: Comparison,
}

impl Comparing {
    /// Against these members; the file has these blocks.
    #[must_use]
    pub fn new(members: Arc<Vec<Registered>>, blocks: Blocks) -> Self {
        Self {
            by_key: (0..).zip(&*members).map(|(place, member)| (wide_hash(&member.document.key()), place)).collect(),
            seen: vec![Place::default(); members.len()],
            blocks,
            duplicates: Duplicates::default(),
            strangers: Vec::new(),
            so_far: Comparison::default(),
            members,
        }
    }

    /// Takes a row that was checked; `cells` are its own, in the order of the template.
    pub fn take(&mut self, row: Place, checked: Checked<RosterRow>, cells: &[Cell<'_>]) {
        let counts = &mut self.so_far.counts;
        counts.read += 1;
        let Some(person) = checked.value else {
            counts.rejected += 1;
            self.so_far.refused.push(refused(row, cells, checked.faults));
            return;
        };
        let key = person.document.key();
        let member = self.by_key.get(&wide_hash(&key)).map(|place| *place as usize);
        let fault = match member {
            Some(member) => (self.seen[member].row > 0).then(|| repeats(self.seen[member], "id_number", &self.blocks)),
            None => self.duplicates.fault(&key, row, "id_number", &self.blocks),
        };
        if let Some(fault) = fault {
            counts.duplicate += 1;
            self.so_far.repeated.push(Repeated { row, person, fault });
            return;
        }
        let Some(member) = member else {
            self.strangers.push(Stranger { row, person });
            return;
        };
        self.seen[member] = row;
        let differences = differences(&person, &self.members[member]);
        if differences.is_empty() {
            counts.same += 1;
        } else {
            counts.changed += 1;
            self.so_far.changed.push(Changed { row, member, differences });
        }
    }

    /// The rows that found no member of this union, in the order of the file; the registry says where they are known.
    #[must_use]
    pub fn strangers(&self) -> &[Stranger] {
        &self.strangers
    }

    /// Ends the comparison of a file of which parts were not read: nothing is proposed for those absent.
    #[must_use]
    pub fn finish_partly_read(self, found: &[Found], today: NaiveDate) -> Comparison {
        let mut result = self.finish(found, today);
        for absent in &mut result.absent {
            absent.suggestion = None;
        }
        result
    }

    /// Ends the comparison; `found` says of each stranger where the document is known.
    #[must_use]
    pub fn finish(self, found: &[Found], today: NaiveDate) -> Comparison {
        let Self { members, seen, strangers, so_far: mut result, by_key, duplicates, blocks } = self;
        drop((by_key, duplicates, blocks));
        let newcomers = strangers.into_iter().enumerate().filter_map(|(place, stranger)| {
            match found.get(place).copied().unwrap_or(Found::Nobody) {
                Found::Elsewhere => result.elsewhere.push((place, stranger)),
                // A number of 15 digits serves for matching alone (decision 6).
                Found::Nobody if stranger.person.document.is_15_digits() => result.refused.push(too_old(stranger)),
                Found::Nobody | Found::Former => return Some(stranger),
            }
            None
        });
        // In the place of the strangers, without a second list of a million people.
        result.newcomers = newcomers.collect();
        result.refused.sort_by_key(|refused| refused.row);
        let left: Vec<usize> = (0..members.len()).filter(|place| seen[*place].row == 0).collect();
        match_rest(&mut result, &members, &left, today);
        let counts = &mut result.counts;
        counts.not_in_registry = result.newcomers.len() as u64;
        counts.in_other_union = result.elsewhere.len() as u64;
        counts.rejected = result.refused.len() as u64;
        counts.absent_from_file = result.absent.len() as u64;
        counts.near_match = result.near.iter().filter(|near| !near.refused).count() as u64;
        result
    }
}

/// Near matches of what is left on either side, and what is proposed for each absent member.
fn match_rest(result: &mut Comparison, members: &[Registered], left: &[usize], today: NaiveDate) {
    // A union's first roster may have a million newcomers, and nobody whom they could be.
    if left.is_empty() {
        return;
    }
    let newcomers = result.newcomers.iter().map(|stranger| {
        let person = &stranger.person;
        Loose::stranger(person.name.as_str(), &person.document, person.sex)
    });
    let refused = result
        .refused
        .iter()
        .map(|row| Loose::refused(row.name.as_ref().map(PersonName::as_str), row.number.as_deref()));
    let loose: Vec<Loose> = newcomers.chain(refused).collect();
    let sought = left.iter().map(|place| {
        let member = &members[*place];
        Sought::new(member.name.as_str(), &member.document, member.birth, member.sex)
    });
    let nearness = near_matches(&loose, &sought.collect::<Vec<_>>());
    let strangers = result.newcomers.len();
    for near in nearness.pairs {
        let refused = near.loose >= strangers;
        let place = if refused { near.loose - strangers } else { near.loose };
        let row = if refused { result.refused[place].row } else { result.newcomers[place].row };
        result.near.push(NearMatch { row, refused, place, member: left[near.sought], reasons: near.reasons });
    }
    result.absent = left
        .iter()
        .zip(nearness.resembled)
        .map(|(member, resembled)| Absent {
            member: *member,
            suggestion: Some(suggestion(&members[*member], resembled, today)),
        })
        .collect();
}

/// What can be made out of a row with an error.
fn refused(row: Place, cells: &[Cell<'_>], faults: Vec<Fault>) -> Refused {
    let written = |place: usize| match cells.get(place).map(|cell| cell.unwrapped()) {
        Some(Cell::Text(written)) => Some(text::tidy(written)),
        // A number of up to 15 digits is what the clerk typed; of a longer one nobody knows.
        Some(Cell::Number(value)) if value.fract() == 0.0 && (0.0..1e15).contains(&value) => {
            Some(format!("{value}").into())
        }
        _ => None,
    };
    let name = written(0).and_then(|written| read_name(&written).ok());
    Refused { row, name, number: written(2).map(Into::into), faults }
}

fn too_old(stranger: Stranger) -> Refused {
    let Stranger { row, person } = stranger;
    let number: Document = person.document;
    let fault = Fault::new(Code::Id15Digits, "id_number").value(number.number.masked());
    Refused { row, name: Some(person.name), number: Some(number.number.as_str().into()), faults: vec![fault] }
}
