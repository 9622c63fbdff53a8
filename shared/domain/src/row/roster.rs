//! A row of a roster that is compared with the registry.

use std::fmt;

use super::{Checked, Context, column::Columns};
use crate::{
    cell::Cell,
    identity::Document,
    name::PersonName,
    person::Sex,
    phone::Phone,
    template::{LABELS, TemplateKind},
};

/// One person on a union's own list. A blank optional cell is `None` and states nothing (decision 3).
#[derive(Clone, PartialEq, Eq)]
pub struct RosterRow {
    /// 姓名.
    pub name: PersonName,
    /// 证件类型 and 证件号码; a 15-digit ID matches too.
    pub document: Document,
    /// 手机号码.
    pub phone: Option<Phone>,
    /// 性别.
    pub sex: Option<Sex>,
    /// 工作单位/服务平台.
    pub employer: Option<Box<str>>,
    /// 会员标签.
    pub label: Option<Box<str>>,
}

impl fmt::Debug for RosterRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RosterRow").field("name", &self.name).field("document", &self.document).finish_non_exhaustive()
    }
}

/// Reads a row of [`TemplateKind::Roster`].
#[must_use]
pub fn roster(cells: &[Cell<'_>], context: Context) -> Checked<RosterRow> {
    let mut row = Columns::new(TemplateKind::Roster.columns(), cells, context);
    let name = row.name(0);
    let document = row.document(1, 2, Some(7));
    let phone = row.phone(3);
    let sex = row.sex(4, document.as_ref());
    let employer = row.text(5);
    let label = row.open_list(6, LABELS);
    let value = name.zip(document).map(|(name, document)| RosterRow { name, document, phone, sex, employer, label });
    row.finish(value)
}
