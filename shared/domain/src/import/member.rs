//! A member import: new, changed, unchanged, or someone of another union.

use super::{Decision, Outcome, changed, outcome};
use crate::{
    finding::{Code, Fault},
    mask,
    name::name_key,
    row::MemberRow,
};

/// What the registry keeps of a membership; numbers in their normal form.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Particulars<'a> {
    /// 手机号码.
    pub phone: Option<&'a str>,
    /// 工作单位/服务平台.
    pub employer: Option<&'a str>,
    /// 会员标签.
    pub label: Option<&'a str>,
    /// 户籍类型.
    pub household: Option<&'a str>,
    /// 工作单位详细地址.
    pub address: Option<&'a str>,
    /// 是否办卡.
    pub wants_card: Option<bool>,
    /// The data type of the import that brought it, as [`crate::upload::DataType`] writes it.
    pub data_type: Option<&'a str>,
}

/// What the registry knows of the document of a row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Known<'a> {
    /// Nobody has it.
    Nobody,
    /// A person has it who is in no union today.
    Former {
        /// The registered name.
        name: &'a str,
    },
    /// A member of the row's union.
    Here {
        /// The registered name.
        name: &'a str,
        /// What is kept of the membership.
        particulars: Particulars<'a>,
    },
    /// A member of another union.
    Elsewhere {
        /// The registered name.
        name: &'a str,
        /// Whether the transfer to the row's union is asked for already, and nothing was said about it yet.
        pending: bool,
    },
}

impl Known<'_> {
    fn name(&self) -> Option<&str> {
        match self {
            Self::Nobody => None,
            Self::Former { name } | Self::Here { name, .. } | Self::Elsewhere { name, .. } => Some(name),
        }
    }
}

/// Decides about a checked row whose union is the one it is for.
///
/// A name that differs in its normal form is a warning: the registered one stays, for a person's name is not changed by
/// a list. A 15-digit ID that nobody has is an error; of a known person it matches, and the 18 digits on record stay.
#[must_use]
pub fn member(row: &MemberRow, data_type: Option<&str>, known: &Known<'_>) -> Decision {
    let mut faults = Vec::new();
    if known.name().is_some_and(|name| name_key(name) != row.name.key()) {
        let masked = known.name().map(mask::mask_name).unwrap_or_default();
        let fault = Fault::new(Code::NameDiffers, "name").value(row.name.masked());
        faults.push(fault.detail(format!("登记为{masked}")));
    }
    let outcome = match known {
        Known::Nobody if row.document.is_15_digits() => {
            faults.push(Fault::new(Code::Id15Digits, "id_number").value(row.document.number.masked()));
            Outcome::Rejected
        }
        Known::Nobody | Known::Former { .. } => Outcome::New,
        Known::Here { particulars, .. } => outcome(differing(row, data_type, particulars)),
        Known::Elsewhere { pending, .. } => {
            faults.push(Fault::new(Code::RegisteredElsewhere, "id_number").value(row.document.number.masked()));
            if *pending { Outcome::Unchanged } else { Outcome::TransferIn }
        }
    };
    Decision { outcome, faults }
}

fn differing(row: &MemberRow, data_type: Option<&str>, known: &Particulars<'_>) -> Vec<&'static str> {
    let word = |wanted: bool| if wanted { "是" } else { "否" };
    changed([
        ("phone", Some(row.phone.as_str()), known.phone),
        ("employer", row.employer.as_deref(), known.employer),
        ("label", row.label.as_deref(), known.label),
        ("household", row.household.as_deref(), known.household),
        ("address", row.address.as_deref(), known.address),
        ("wants_card", row.wants_card.map(word), known.wants_card.map(word)),
        ("data_type", data_type, known.data_type),
    ])
}
