//! A list of members who are to move: asked for, moved at once, or not possible.

use super::{Decision, Outcome};
use crate::{
    finding::{Code, Fault},
    row::TransferRow,
    transfer::{Step, Unfit},
};

/// Decides about a checked row. `to_known`: whether a union has the row's code; `step`: what asking leads to, none where
/// nobody within reach has the document.
#[must_use]
pub fn transfer(row: &TransferRow, to_known: bool, step: Option<Result<Step, Unfit>>) -> Decision {
    let fault = |code, column: &'static str| {
        let fault = Fault::new(code, column);
        match column {
            "to_org_code" => fault.value(row.to_org_code.shown()),
            _ => fault.value(row.document.number.masked()),
        }
    };
    let (outcome, fault) = match step {
        None => (Outcome::Rejected, Some(fault(Code::MemberUnknown, "id_number"))),
        Some(_) if !to_known => (Outcome::Rejected, Some(fault(Code::UnionUnknown, "to_org_code"))),
        Some(Err(Unfit::SameUnion)) => (Outcome::Rejected, Some(fault(Code::SameUnion, "to_org_code"))),
        Some(Err(Unfit::Level)) => (Outcome::Rejected, Some(fault(Code::UnionLevel, "to_org_code"))),
        Some(Err(Unfit::Deceased)) => (Outcome::Rejected, Some(fault(Code::DeceasedOnRecord, "id_number"))),
        Some(Ok(Step::Pending)) => (Outcome::Unchanged, Some(fault(Code::AlreadyRequested, "id_number"))),
        Some(Ok(Step::Request)) => (Outcome::TransferIn, None),
        Some(Ok(Step::Move | Step::Agree)) => (Outcome::Changed(vec!["to_org_code"]), None),
    };
    Decision { outcome, faults: fault.into_iter().collect() }
}
