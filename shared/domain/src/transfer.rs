//! Transfers: who asks, who decides, and what asking leads to.
//!
//! **The side that did not ask decides.** A union that hands a member over waits for the receiving union; a union that claims
//! somebody in an import waits for the union that has him: otherwise a claim would take people away unasked. Unions
//! above the deciding one may decide for it, as the manual's 会籍审核 has it. Two things need no answer: leavers who go to
//! the 临时工会 of a union above their own, and a transfer for which the other side has asked, too.

use serde::{Deserialize, Serialize};

use crate::organization::Level;

/// The longest reason in characters.
pub const LONGEST_REASON: usize = 200;

/// A side of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The union that the member is in.
    From,
    /// The union that the member is to be in.
    To,
}

impl Side {
    /// The wire name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::To => "to",
        }
    }

    /// The side of a wire name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::From, Self::To].into_iter().find(|side| side.name() == name)
    }

    /// The side that decides on what this one has asked for.
    #[must_use]
    pub fn decider(self) -> Self {
        match self {
            Self::From => Self::To,
            Self::To => Self::From,
        }
    }
}

/// How a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Waits for an answer.
    Pending,
    /// Agreed: the member has moved.
    Approved,
    /// Refused, with a reason.
    Rejected,
    /// Overtaken: the member moved elsewhere or left, or the union is gone.
    Void,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Approved, Self::Rejected, Self::Void];

    /// The wire name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Void => "void",
        }
    }

    /// The status of a wire name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// What is known when the union that has a member asks to hand him over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Whether the receiving union is the one that he is in.
    pub is_same: bool,
    /// The receiving union's level.
    pub to_level: Level,
    /// Whether it is the 临时工会 of a union above his own.
    pub is_temporary_above: bool,
    /// Who has asked for the same already, and waits.
    pub pending: Option<Side>,
    /// Whether a death is on record.
    pub is_deceased: bool,
}

/// What asking leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The receiving union decides.
    Request,
    /// Nobody need be asked.
    Move,
    /// The receiving union has asked for him: asking is agreeing.
    Agree,
    /// It has been asked for, and nobody has answered yet.
    Pending,
}

/// Why a member can't be transferred there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// He is there already.
    SameUnion,
    /// Only grassroots unions have members.
    Level,
    /// A death is on record: he is removed, not transferred.
    Deceased,
}

impl Unfit {
    /// A stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::SameUnion => "same-union",
            Self::Level => "no-members-there",
            Self::Deceased => "deceased",
        }
    }
}

/// Decides what becomes of one ask by the union that has the member.
pub fn step(ask: &Ask) -> Result<Step, Unfit> {
    if ask.is_same {
        Err(Unfit::SameUnion)
    } else if ask.to_level != Level::Grassroots {
        Err(Unfit::Level)
    } else if ask.is_deceased {
        Err(Unfit::Deceased)
    } else {
        Ok(match ask.pending {
            Some(Side::To) => Step::Agree,
            _ if ask.is_temporary_above => Step::Move,
            Some(Side::From) => Step::Pending,
            None => Step::Request,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASK: Ask = Ask {
        is_same: false,
        to_level: Level::Grassroots,
        is_temporary_above: false,
        pending: None,
        is_deceased: false,
    };

    #[test]
    fn the_side_that_did_not_ask_decides_unless_nobody_need_be_asked() {
        assert_eq!(step(&ASK), Ok(Step::Request));
        assert_eq!(step(&Ask { pending: Some(Side::From), ..ASK }), Ok(Step::Pending));
        assert_eq!(step(&Ask { pending: Some(Side::To), ..ASK }), Ok(Step::Agree));
        assert_eq!(step(&Ask { is_temporary_above: true, ..ASK }), Ok(Step::Move));
        assert_eq!(step(&Ask { is_temporary_above: true, pending: Some(Side::To), ..ASK }), Ok(Step::Agree));
        assert_eq!((Side::From.decider(), Side::To.decider()), (Side::To, Side::From));
    }

    #[test]
    fn what_cannot_be_is_told() {
        assert_eq!(step(&Ask { is_same: true, ..ASK }), Err(Unfit::SameUnion));
        assert_eq!(step(&Ask { is_deceased: true, ..ASK }), Err(Unfit::Deceased));
        for to_level in Level::ALL.into_iter().filter(|level| *level != Level::Grassroots) {
            assert_eq!(step(&Ask { to_level, ..ASK }), Err(Unfit::Level));
        }
    }

    #[test]
    fn wire_names_come_back() {
        for side in [Side::From, Side::To] {
            assert_eq!(Side::parse(side.name()), Some(side));
        }
        for status in Status::ALL {
            assert_eq!(Status::parse(status.name()), Some(status));
        }
    }
}
