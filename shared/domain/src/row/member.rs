//! A row of a member import.

use std::fmt;

use super::{Checked, Context, column::Columns};
use crate::{
    cell::Cell,
    finding::{Code, Fault},
    identity::Document,
    name::PersonName,
    organization::OrgCode,
    person::Sex,
    phone::Phone,
    template::{HOUSEHOLDS, LABELS, TemplateKind},
};

/// The fewest characters of an address that a card can be sent to (manual, part one, 三(一)1c).
pub const SHORTEST_ADDRESS: usize = 6;

/// One member as a union states it. A blank optional cell is `None` and states nothing (decision 3).
#[derive(Clone, PartialEq, Eq)]
pub struct MemberRow {
    /// 姓名.
    pub name: PersonName,
    /// 证件类型 and 证件号码.
    pub document: Document,
    /// 手机号码.
    pub phone: Phone,
    /// 性别.
    pub sex: Sex,
    /// 所在工会, as written; the code decides.
    pub union_name: Box<str>,
    /// 工会编号.
    pub org_code: OrgCode,
    /// 工作单位/服务平台.
    pub employer: Option<Box<str>>,
    /// 会员标签.
    pub label: Option<Box<str>>,
    /// 户籍类型.
    pub household: Option<Box<str>>,
    /// 工作单位详细地址.
    pub address: Option<Box<str>>,
    /// 是否办卡.
    pub wants_card: Option<bool>,
}

impl fmt::Debug for MemberRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemberRow")
            .field("name", &self.name)
            .field("document", &self.document)
            .field("org_code", &self.org_code)
            .finish_non_exhaustive()
    }
}

/// Reads a row of [`TemplateKind::Members`].
#[must_use]
pub fn member(cells: &[Cell<'_>], context: Context) -> Checked<MemberRow> {
    let mut row = Columns::new(TemplateKind::Members.columns(), cells, context);
    let name = row.name(0);
    let document = row.document(1, 2, Some(12));
    let phone = row.phone(3);
    let sex = row.sex(4, document.as_ref());
    let union_name = row.text(5);
    let org_code = row.org_code(6);
    let employer = row.text(7);
    let label = row.open_list(8, LABELS);
    let household = row.open_list(9, HOUSEHOLDS);
    let address = row.text(10);
    let wants_card = row.yes_no(11);
    let short = |address: &str| address.chars().filter(|c| !c.is_whitespace()).count() < SHORTEST_ADDRESS;
    // One that is too long was told as that.
    let lacks = address.as_deref().map_or_else(|| cells.get(10).is_none_or(Cell::is_blank), short);
    if wants_card == Some(true) && lacks {
        let fault = row.fault(Code::AddressTooShort, 10);
        row.push(fault);
    }
    let value = name.zip(document).zip(phone).zip(sex).zip(union_name).zip(org_code);
    let value = value.map(|(((((name, document), phone), sex), union_name), org_code)| MemberRow {
        name,
        document,
        phone,
        sex,
        union_name,
        org_code,
        employer,
        label,
        household,
        address,
        wants_card,
    });
    row.finish(value)
}

/// Where the union of a row lies, seen from the union of the upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnionPlace {
    /// It is the upload's, or below it.
    Within,
    /// It exists, but elsewhere.
    Elsewhere,
    /// No union has this code.
    Unknown,
}

/// What is wrong with a row's union; `place` looks it up in the tree.
pub fn union_fault(row: &MemberRow, place: impl FnOnce(&OrgCode) -> UnionPlace) -> Option<Fault> {
    let code = match place(&row.org_code) {
        UnionPlace::Within => return None,
        UnionPlace::Elsewhere => Code::WrongUnion,
        UnionPlace::Unknown => Code::UnionUnknown,
    };
    Some(Fault::new(code, "org_code").value(row.org_code.shown()))
}
